import type { Warning } from '../base/fault-codes.ts';
import type { Preprocessing } from '../history/preprocessing.ts';
import type { Goal } from '../history/session-record.ts';
import type { Baseline, Trial } from '../tuning/types.ts';

export type Stage = 'reading' | 'baseline' | 'calibration' | 'tuning' | 'verification';

/** What a run tells while it goes on; the page and the command line show the same. */
export type TuneEvent =
  | { readonly type: 'stage'; readonly stage: Stage; readonly detail: string }
  | {
      readonly type: 'progress';
      readonly stage: Stage;
      readonly detail: string;
      /** 0 … 1 of the step in hand. */
      readonly share: number;
      /** Between which the time to the end of the step in hand is likely to be; null while unknown. */
      readonly secondsLeft: readonly [least: number, most: number] | null;
    }
  | { readonly type: 'opened'; readonly opened: OpenedInputs }
  | { readonly type: 'preprocessing'; readonly preprocessing: Preprocessing }
  | { readonly type: 'baseline'; readonly baseline: Baseline; readonly goal: Goal }
  | { readonly type: 'trial'; readonly trial: Trial }
  | { readonly type: 'warning'; readonly warning: Warning };

/** What was dropped, once it has been read. */
export interface OpenedInputs {
  readonly model: { readonly name: string; readonly sha256: string; readonly sizeBytes: number };
  readonly data: {
    readonly calibration: { readonly name: string; readonly samples: number };
    readonly evaluation: { readonly name: string; readonly samples: number };
  };
  /** In words. */
  readonly metric: string;
  readonly strategy: string;
  readonly maxTrials: number;
}
