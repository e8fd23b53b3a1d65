import type { Clock } from '../base/clock.ts';
import type { ArrayChoice } from '../base/array-choice.ts';
import type { SourceFile } from '../data/dataset.ts';
import type { CostTable } from '../quantize/cost/cost-table.ts';
import type { Preprocessing } from '../history/preprocessing.ts';
import type { SessionStore, StatisticsCache } from '../history/session-record.ts';
import type { Move } from '../tuning/moves.ts';
import type { RunControl } from './control.ts';
import type { TuneEvent } from './events.ts';
import type { Outside } from './outside.ts';
import type { SessionPool } from './session-host-api.ts';

/** What the user gave. */
export interface TuneInput {
  /** The .onnx file and, if it has any, its external data files. */
  readonly model: readonly SourceFile[];
  /** Empty: the first evaluation samples calibrate, with a warning. */
  readonly calibration: readonly SourceFile[];
  readonly evaluation: readonly SourceFile[];
  /** Data that no trial sees, for the score at the end; absent or empty: a share of the evaluation data. */
  readonly holdOut?: readonly SourceFile[];
  readonly config?: { readonly text: string; readonly fileName: string };
  /** What the user chose, or what was found before, where the configuration states no transforms; absent: it is found. */
  readonly preprocessing?: Preprocessing;
  /** Which array is used for what, chosen by the user; in place of what the configuration says. */
  readonly arrays?: ArrayChoice;
  /** Overrides the configuration's random_seed. */
  readonly seed?: number;
  /** Of another tuning of the model, so that this one decides alike; otherwise measured. */
  readonly costs?: CostTable;
  /** A module that exports a strategy, which the user has allowed to run: it takes the place of the configuration's. */
  readonly strategy?: { readonly text: string; readonly fileName: string };
  /** API token of the SigOpt server, where the configuration holds none. Never stored. */
  readonly sigoptToken?: string;
  /** Measures what each int8 op does to the model, after the search; once per session. */
  readonly sensitivity?: boolean;
  /** After a search that has ended: one trial more, of its best int8 config changed by this. */
  readonly move?: Move;
}

/** What a run needs of the place it runs in; everything else of the engine is the same on the page and the command line. */
export interface Platform {
  /** On WASM. */
  readonly pool: SessionPool;
  /** One worker with the WebGPU provider, which is started when it is first called; absent where there is none. */
  readonly gpuPool?: SessionPool;
  readonly store: SessionStore;
  /** Absent: every session calibrates anew. */
  readonly statisticsCache?: StatisticsCache;
  readonly clock: Clock;
  /** Label for the session, ISO 8601. */
  readonly startedAt: string;
  readonly control: RunControl;
  readonly emit: (event: TuneEvent) => void;
  readonly outside: Outside;
}
