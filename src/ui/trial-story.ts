import type { Goal } from '../history/session-record.ts';
import type { Baseline, Trial } from '../tuning/types.ts';

/** What every chart and table of a session's trials is drawn from. */
export interface TrialStory {
  readonly trials: readonly Trial[];
  /** Null until the float model is scored. */
  readonly goal: Goal | null;
  readonly baseline: Baseline | null;
  /** Number of the trial that is offered. */
  readonly offered: number | null;
}
