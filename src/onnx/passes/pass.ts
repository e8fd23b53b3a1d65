import type { Warning } from '../../base/fault-codes.ts';
import type { Graph } from '../graph.ts';

export type Warn = (warning: Warning) => void;

/** One step of the clean-up. It changes no output of the model beyond float rounding. */
export interface Pass {
  readonly name: string;
  run(graph: Graph, warn: Warn): void;
}
