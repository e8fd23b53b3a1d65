import type { Json } from '../base/canonical-json.ts';
import type { Warning } from '../base/fault-codes.ts';
import type { Http } from '../base/http.ts';
import type { Rng } from '../base/rng.ts';
import type { OptionSchema, OptionValues } from '../base/options.ts';
import type { ModelCapability } from '../quantize/capability-types.ts';
import type { QuantizeConfig, RecipeName } from '../quantize/config.ts';
import type { Objective } from './config/tuning.ts';
import type { EarlyStopping } from './racing.ts';

/** What a strategy proposes: which op is what, and how many samples calibrate it. */
export interface TuneConfig extends QuantizeConfig {
  readonly samplingSize: number;
}

export type TrialStatus = 'complete' | 'pruned' | 'failed';

/** One evaluated config. Numbers count from 0 (the compact model); failed trials have no score. */
export interface Trial {
  readonly number: number;
  /** Which step of the strategy proposed it, for people: 'weight storage', 'model-wise', 'one-by-one fallback' … */
  readonly stage: string;
  readonly config: TuneConfig;
  readonly status: TrialStatus;
  readonly score: number | null;
  /** By metric, where there are several: `score` is then their mean, weighted where weights are given. */
  readonly scores?: Readonly<Record<string, number>>;
  /** Whether the score meets the accuracy criterion. */
  readonly met: boolean;
  readonly samplesEvaluated: number;
  readonly sizeBytes: number | null;
  /** Estimated peak memory of one inference at batch 1, weights included; sessions of early versions have none. */
  readonly footprintBytes?: number;
  /** Median time of one run at batch 1; null where it was not measured (only trials that meet the criterion are timed). */
  readonly latencyMs: number | null;
  /** Distance between the quartiles of the timed runs. */
  readonly latencySpreadMs?: number;
  /** `latencyMs` divided by the float model's latency, both timed in turns: below 1 is faster. */
  readonly latencyRatio: number | null;
  /** 95 % interval of the score's difference to the baseline, from paired samples. */
  readonly difference: { readonly mean: number; readonly halfWidth: number } | null;
  /** The same of each metric, where there are several. */
  readonly differences?: Readonly<Record<string, { readonly mean: number; readonly halfWidth: number }>>;
  /** Present where the score is that of the model's simulation in float on another provider: it misses the criterion. */
  readonly simulated?: true;
  readonly seconds: number;
  /** SHA-256 of the int8 model file. */
  readonly modelSha256: string | null;
  readonly reason?: string;
  /** Present where the user asked for the config after the search: no step of the strategy. */
  readonly byHand?: true;
}

export interface Baseline {
  readonly score: number;
  /** By metric, where there are several. */
  readonly scores?: Readonly<Record<string, number>>;
  readonly latencyMs: number;
  readonly sizeBytes: number;
  /** As that of a trial. */
  readonly footprintBytes?: number;
  readonly seconds: number;
  readonly samples: number;
}

export type StopReason =
  'criterion-met' | 'max-trials' | 'timeout' | 'space-exhausted' | 'stopped' | 'float-recommended';

export interface AccuracyCriterion {
  readonly kind: 'relative' | 'absolute';
  /** Allowed loss: a share of the baseline score, or points of the score. Negative: the score must improve. */
  readonly tolerance: number;
  readonly higherIsBetter: boolean;
  /** There are several metrics without weights, and each must meet the criterion against its own baseline. */
  readonly eachMetric?: boolean;
}

export interface ExitPolicy {
  /** Seconds; 0: stop at the first trial of the strategy that meets the criterion. */
  readonly timeoutSeconds: number;
  /** Trials of the strategy; trial 0 and duplicates are not counted. */
  readonly maxTrials: number;
  /** True: the first config of the strategy is taken whatever its score. */
  readonly performanceOnly: boolean;
  /** When a trial that misses the criterion may end before all samples are run. */
  readonly earlyStopping: EarlyStopping;
}

/** A choice that an op has in this tuning: the capability narrowed by the configuration. Options in order of enumeration. */
export interface SpaceOp {
  readonly name: string;
  readonly opType: string;
  /** Int8 options (may be empty), in order; whether float is allowed too is `float`. */
  readonly int8: ModelCapability['ops'][number]['int8'];
  readonly float: boolean;
  readonly glue: boolean;
  /** Bytes of constant weights that the op reads; absent: not known. */
  readonly weightBytes?: number;
}

export interface TuningSpace {
  readonly ops: readonly SpaceOp[];
  /** In the order given by the user. */
  readonly samplingSizes: readonly number[];
  readonly weightStorage: QuantizeConfig['weightStorage'];
  /** α of SmoothQuant worth trying, in order; empty where it is switched off or has nothing to work on. */
  readonly smoothQuant: readonly number[];
  /** True: every config with static ops has the first α. */
  readonly smoothAlways: boolean;
  /** Which of the other recipes a config may or must switch on. */
  readonly recipes: Readonly<Record<RecipeName, RecipeChoice>>;
  /** Whether a config may or must compute in float16; absent where the provider is not to or cannot. */
  readonly float16Compute?: Exclude<RecipeChoice, 'off'>;
}

/** `off`: switched off, or nothing in the model for it to work on; `offered`: the strategy may; `always`: the driver does. */
export type RecipeChoice = 'off' | 'offered' | 'always';

/**
 * Errors of a config's model against the float model on the first calibration samples: forward runs without labels, which
 * cost no trial. The session keeps them, so that a resumed run has the same ones at no cost. An error is the mean squared
 * difference over the squared range of the float values: 0 for no difference, Infinity where the model does not run.
 */
export interface Probes {
  /** Error of the scored output. */
  output(config: TuneConfig, samples: number): Promise<number>;
  /** Mean KL divergence of the scored output from the float model's, nats; the error as above where it has no classes. */
  divergence(config: TuneConfig, samples: number): Promise<number>;
  /** Error of the tensor that each op writes, by op name; ops whose tensor is not there to compare are left out. */
  ops(config: TuneConfig, samples: number): Promise<ReadonlyMap<string, number>>;
}

/** What configs cost on this device, foretold from times of single ops; see the session's cost table. */
export interface Costs {
  /** Latency of the config's model divided by the float model's. */
  ratio(config: TuneConfig): number;
}

/** How a strategy reaches a service that the user has configured. */
export interface ServiceAccess {
  readonly http: Http;
  /** Never stored, never shown. Null: the user gave none. */
  readonly token: string | null;
  /** The page's address, whose origin the service must admit; null outside a page. */
  readonly pageUrl: string | null;
  /** Resolves after a time, or at once where the run is stopped. */
  wait(ms: number): Promise<void>;
  /** Aborted: the run ends. */
  readonly signal: AbortSignal;
}

export interface StrategyContext {
  readonly space: TuningSpace;
  readonly baseline: Baseline;
  readonly criterion: AccuracyCriterion;
  /** The compact model's trial. */
  readonly trial0: Trial;
  readonly rng: Rng;
  /** What the exit policy allows the strategy in all. */
  readonly maxTrials: number;
  /** True when `a` is strictly better than `b` under the metric's direction. */
  better(a: number, b: number): boolean;
  readonly probes: Probes;
  /** Null unless the strategy uses costs and speed is an objective. */
  readonly costs: Costs | null;
  readonly objectives: readonly Objective[];
  /** Null where the place that Octet runs in has no network. */
  readonly service: ServiceAccess | null;
  /** All trials so far, in order; in a `finally` block it holds the one that ended the run. */
  trials(): readonly Trial[];
  /**
   * Something from outside the run (a measurement, the answer of a service), made by the first call for a key and kept in the
   * journal: a resumed run gets the same.
   */
  recall<T extends Json>(key: string, make: () => Promise<T>): Promise<T>;
  /** Values of the options that the strategy declares. */
  readonly options: OptionValues;
  /** Something the user should know: a step that was cut short. */
  warn(warning: Warning): void;
  /** Why the strategy ends by itself, in a sentence without its full stop; the last one counts. */
  conclude(reason: string): void;
}

/** One file and one line in `strategies/registry.ts` each. Owns only the order; the driver owns everything else. */
export interface TuneStrategy {
  readonly name: string;
  readonly help: string;
  readonly options: OptionSchema;
  /** True: a config that meets the criterion does not end the run; the strategy has few steps and ends by itself. */
  readonly endsByItself?: boolean;
  /** True: the session measures a cost table where speed is an objective, and the space holds only ops that pay by it. */
  readonly usesCosts?: boolean;
  /** True: the strategy compares scores of configs that miss the criterion, so that an estimate from few samples will not do. */
  readonly comparesScores?: boolean;
  /**
   * Yields batches of configs that may be evaluated in parallel and receives their trials, in order. A config that was seen
   * before (same canonical config, or same model bytes) comes back with ITS trial at no cost.
   */
  propose(context: StrategyContext): AsyncGenerator<Proposal[], void, Trial[]>;
}

export interface Proposal {
  readonly config: TuneConfig;
  readonly stage: string;
}
