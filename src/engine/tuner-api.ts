import type { Warning } from '../base/fault-codes.ts';
import type { SourceFile } from '../base/source-file.ts';
import type { Forecast } from '../history/forecast.ts';
import type { OpValues } from '../history/op-values.ts';
import type { ArrayChoice, ArrayTable } from '../base/array-choice.ts';
import type { Preprocessing } from '../history/preprocessing.ts';
import type { Recipe } from '../history/recipe.ts';
import type { SpareMemory } from '../history/spare-shelves.ts';
import type { TuneReport } from '../history/tune-report.ts';
import type { OutlineKey } from '../tuning/config/outline.ts';
import type { TuneSettings } from '../tuning/config/settings.ts';
import type { Move } from '../tuning/moves.ts';
import type { Preset } from '../tuning/presets/preset.ts';
import type { TuneEvent } from './events.ts';
import type { ModelInspection } from './inspect.ts';
import type { DataPreview, PreviewRequest } from './preview-api.ts';

/** What a session on the page is run with. Files stay blobs; the worker reads them. */
export interface TuneRequest {
  readonly sessionId: string;
  readonly model: readonly SourceFile[];
  readonly calibration: readonly SourceFile[];
  readonly evaluation: readonly SourceFile[];
  readonly holdOut?: readonly SourceFile[];
  readonly config?: { readonly text: string; readonly fileName: string };
  /** As the page showed it before; absent: it is found. */
  readonly preprocessing?: Preprocessing;
  readonly arrays?: ArrayChoice;
  /** A module that the user has allowed to run. */
  readonly strategy?: { readonly text: string; readonly fileName: string };
  readonly sigoptToken?: string;
}

/** What the page must know of a configuration before it stores it. */
export interface ConfigReading {
  /** The text without the SigOpt token, and the token; null where there is none. */
  readonly text: string;
  readonly token: string | null;
  /** Address of the SigOpt server that leads the search; null where none does. */
  readonly server: string | null;
  readonly warnings: readonly Warning[];
  /** The whole configuration as YAML, defaults filled in. */
  readonly understood: string;
  readonly form: FormValues;
}

/** The settings that the page's form shows. */
export interface FormValues {
  /** Allowed loss in per cent of the float score; null where the criterion is an absolute one. */
  readonly lossPercent: number | null;
  readonly maxTrials: number;
  readonly strategyName: string;
  readonly device: 'cpu' | 'gpu';
  /** Where models with static int8 ops are scored first, if they run on the processor. */
  readonly scoringDevice: 'cpu' | 'gpu';
}

/** A strategy as it is offered. */
export interface StrategyChoice {
  readonly name: string;
  readonly help: string;
}

export interface TunerApi {
  /** Hands over where sessions are kept that the disk refuses; called before anything else. */
  keepIn(memory: SpareMemory): Promise<void>;
  /** Runs or, where the session is stored already, continues it. Events come in batches, a few a second. */
  tune(request: TuneRequest, onEvents: (events: readonly TuneEvent[]) => void): Promise<TuneReport>;
  /** Measures what each int8 op does to the model, once per session, and hands back the report with it. */
  measureSensitivity(request: TuneRequest, onEvents: (events: readonly TuneEvent[]) => void): Promise<TuneReport>;
  /**
   * One trial more in a session whose search has ended: its best int8 config changed by `move`, and the verdict over all trials.
   * Throws `usage` where there is no such config.
   */
  tryMove(request: TuneRequest, move: Move, onEvents: (events: readonly TuneEvent[]) => void): Promise<TuneReport>;
  /** What `tryMove` would come to, from a few samples; a first call opens model and data again, further ones are quick. */
  forecast(request: TuneRequest, move: Move): Promise<Forecast>;
  /** How the values are spread that an op of a session that has ended works on; opens model and data as `forecast` does. */
  opValues(request: TuneRequest, op: string): Promise<OpValues>;
  /** Lets go of what forecasts and values hold. */
  endWhatIf(): Promise<void>;
  /**
   * What a session would do with the data: preprocessing, mapping, some samples. Another preview or a run ends it with `cancelled`.
   * Throws the faults of bad input.
   */
  /** What is in the evaluation data and what it is used for, whether or not that is enough for a session. */
  listArrays(request: PreviewRequest): Promise<ArrayTable>;
  preview(request: PreviewRequest, onShare: (share: number) => void): Promise<DataPreview>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends the run at the next step; `tune` then resolves with what there is. */
  stop(): Promise<void>;
  /** Throws the faults of a configuration that cannot be followed. */
  readConfig(config: NonNullable<TuneRequest['config']>): Promise<ConfigReading>;
  /** YAML that is read back to these settings. */
  configText(settings: TuneSettings): Promise<string>;
  /** Every key that a configuration may have. */
  configOutline(): Promise<readonly OutlineKey[]>;
  /** In the order in which they are offered. */
  strategies(): Promise<readonly StrategyChoice[]>;
  /** In the order in which they are offered. */
  presets(): Promise<readonly Preset[]>;
  /** The dropped files with archives taken apart that hold more than data. */
  unpack(files: readonly SourceFile[]): Promise<SourceFile[]>;
  inspect(model: readonly SourceFile[]): Promise<ModelInspection>;
  /** The byte-identical int8 model from a recipe and the float model it was made from. Throws `model-mismatch`. */
  rebuild(recipe: Recipe, model: readonly SourceFile[]): Promise<Uint8Array>;
}
