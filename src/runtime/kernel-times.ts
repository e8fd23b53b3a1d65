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
  const times = new Map<string, { readonly opType: string; readonly ofRuns: number[] }>();
  for (const run of runsOf(lines).slice(warmUps)) {
    for (const [name, { opType, milliseconds }] of run) {
      const known = times.get(name) ?? { opType, ofRuns: [] };
      known.ofRuns.push(milliseconds);
      times.set(name, known);
    }
  }
  return [...times].map(([name, { opType, ofRuns }]) => ({ name, opType, milliseconds: undisturbedMean(ofRuns) }));
}

/** Kernels by name, run by run; a kernel within a loop runs several times in one. */
function runsOf(lines: readonly string[]): Map<string, Omit<KernelTime, 'name'>>[] {
  const runs: Map<string, Omit<KernelTime, 'name'>>[] = [];
  let kernels = new Map<string, Omit<KernelTime, 'name'>>();
  for (const line of lines) {
    if (!line.startsWith('{"cat"')) continue;
    const { cat, name, dur, args } = JSON.parse(line.replace(/,\s*$/, '')) as TraceEvent;
    if (cat === 'Node' && name.endsWith(SUFFIX)) {
      const kernel = name.slice(0, -SUFFIX.length);
      const before = kernels.get(kernel)?.milliseconds ?? 0;
      kernels.set(kernel, { opType: args?.op_name ?? '', milliseconds: before + dur / 1000 });
    } else if (cat === 'Session' && name === 'model_run') {
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
