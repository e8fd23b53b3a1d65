/** What one kernel of a model took; nodes that were fused away have none. */
export interface KernelTime {
  /** Of the node after fusion: it contains the name of a node that went into it. */
  readonly name: string;
  /** Operator after fusion: QLinearConv, FusedConv, MatMulIntegerToFloat … */
  readonly opType: string;
  /** Of one run. */
  readonly milliseconds: number;
}

/** Share of the runs of a kernel that are left out at either end: interruptions, and steps of a coarse clock. */
const TRIMMED = 0.1;

/**
 * Times per kernel from the lines of a profile (Chrome trace events, one a line, `dur` in microseconds): the mean without the
 * fastest and slowest tenth of the runs, since medians fail where the clock has steps of 100 µs. The first `warmUps` runs do not count.
 */
export function kernelTimes(lines: readonly string[], warmUps: number): KernelTime[] {
  const runs = new Map<string, { opType: string; microseconds: number[] }>();
  for (const line of lines) {
    const event = kernelEvent(line);
    if (!event) continue;
    const known = runs.get(event.name) ?? { opType: event.opType, microseconds: [] };
    known.microseconds.push(event.microseconds);
    runs.set(event.name, known);
  }
  return [...runs].map(([name, { opType, microseconds }]) => ({
    name,
    opType,
    milliseconds: trimmedMean(microseconds.slice(warmUps)) / 1000,
  }));
}

const SUFFIX = '_kernel_time';

function kernelEvent(line: string): { name: string; opType: string; microseconds: number } | null {
  if (!line.startsWith('{"cat"')) return null;
  const { cat, name, dur, args } = JSON.parse(line.replace(/,\s*$/, '')) as TraceEvent;
  if (cat !== 'Node' || !name.endsWith(SUFFIX)) return null;
  return { name: name.slice(0, -SUFFIX.length), opType: args?.op_name ?? '', microseconds: dur };
}

interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}

function trimmedMean(values: readonly number[]): number {
  const cut = Math.floor(values.length * TRIMMED);
  const kept = values.toSorted((a, b) => a - b).slice(cut, values.length - cut);
  return kept.reduce((sum, value) => sum + value, 0) / Math.max(1, kept.length);
}
