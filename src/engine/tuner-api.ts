import type { FaultRecord } from '../base/fault.ts';
import type { SourceFile } from '../data/dataset.ts';
import type { Recipe } from '../history/recipe.ts';
import type { SessionRecord } from '../history/session-record.ts';
import type { OpReport } from '../quantize/rewrite/report.ts';
import type { TuneEvent } from './events.ts';
import type { ModelInspection } from './inspect.ts';

/** What a session on the page is run with. Files stay blobs; the worker reads them. */
export interface TuneRequest {
  readonly sessionId: string;
  readonly model: readonly SourceFile[];
  readonly calibration: readonly SourceFile[];
  readonly evaluation: readonly SourceFile[];
  readonly config?: { readonly text: string; readonly fileName: string };
}

/** The end of a session, ready to show: no more computing is needed on the page. */
export interface TuneReport {
  readonly record: SessionRecord;
  /** Why it ended and what is offered, in one sentence. */
  readonly explanation: string;
  /** The offered model; null where none could be made. */
  readonly offer: {
    readonly trial: number;
    readonly model: Uint8Array;
    /** What became of each op and why. */
    readonly ops: readonly OpReport[];
    /** The winning config as YAML that Octet reads back. */
    readonly yaml: string;
    readonly recipe: Recipe;
  } | null;
}

export interface TunerApi {
  /** Runs or, where the session is stored already, continues it. Events come in batches, a few a second. */
  tune(request: TuneRequest, onEvents: (events: readonly TuneEvent[]) => void): Promise<TuneReport>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends the run at the next step; `tune` then resolves with what there is. */
  stop(): Promise<void>;
  inspect(model: readonly SourceFile[]): Promise<ModelInspection>;
  /** The byte-identical int8 model from a recipe and the float model it was made from. Throws `model-mismatch`. */
  rebuild(recipe: Recipe, model: readonly SourceFile[]): Promise<Uint8Array>;
}

export type { FaultRecord, TuneEvent };
