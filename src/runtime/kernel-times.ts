import { undisturbedMean } from './undisturbed.ts';

/** What one kernel of a model took; nodes that were fused away have none. */
export interface KernelTime {
  /** Of the node after fusion: it contains the name of a node that went into it. */
  readonly name: string;
  /** Operator after fusion: QLinearConv, FusedConv, MatMulIntegerToFloat … */
  readonly opType: string;
  /** Of one run. */
  readonly milliseconds: number;
}

/**
 * Times per kernel from the lines of a profile (Chrome trace events, one a line, `dur` in microseconds): means over the runs in which
 * the kernel was not interrupted, since one interruption takes as long as a thousand small kernels; medians would fail where the clock
 * has steps of 0.1 ms. The first `warmUps` runs do not count.
 */
export function kernelTimes(lines: readonly string[], warmUps: number): KernelTime[] {
  const kernels = new Map<string, Omit<KernelTime, 'milliseconds'> & { readonly ofRuns: number[] }>();
  for (const run of runsOf(lines).slice(warmUps)) {
    for (const [key, { name, opType, milliseconds }] of run) {
      const known = kernels.get(key) ?? { name, opType, ofRuns: [] };
      known.ofRuns.push(milliseconds);
      kernels.set(key, known);
    }
  }
  return [...kernels.values()].map(({ name, opType, ofRuns }) => ({
    name,
    opType,
    milliseconds: undisturbedMean(ofRuns),
  }));
}

/**
 * Kernels run by run. One within a loop runs several times in a run; one within a body may have the name of another outside, and
 * is told apart by its operator.
 */
function runsOf(lines: readonly string[]): ReadonlyMap<string, KernelTime>[] {
  const runs: Map<string, KernelTime>[] = [];
  let kernels = new Map<string, KernelTime>();
  for (const line of lines) {
    if (!line.startsWith('{"cat"')) continue;
    const event = JSON.parse(line.replace(/,\s*$/, '')) as TraceEvent;
    if (event.cat === 'Node' && event.name.endsWith(SUFFIX)) {
      const [name, opType] = [event.name.slice(0, -SUFFIX.length), event.args?.op_name ?? ''];
      const key = `${opType} ${name}`;
      const before = kernels.get(key)?.milliseconds ?? 0;
      kernels.set(key, { name, opType, milliseconds: before + event.dur / 1000 });
    } else if (event.cat === 'Session' && event.name === 'model_run') {
      runs.push(kernels);
      kernels = new Map();
    }
  }
  return runs;
}

const SUFFIX = '_kernel_time';

interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args?: { readonly op_name?: string };
}
