import type { ActivationRange, ChannelMeans, RangeMethod } from '../quantize/config.ts';
import type { TuneSettings } from '../tuning/config/settings.ts';
import type { Provider } from '../base/provider.ts';
import type { Json } from '../base/canonical-json.ts';
import type { Preprocessing } from './preprocessing.ts';
import type { Baseline, StopReason, Trial } from '../tuning/types.ts';

/** Ranges of every calibrated tensor by every method. */
export type MethodRanges = Readonly<Record<RangeMethod, Readonly<Record<string, ActivationRange>>>>;

/** Largest |x| of each channel, by tensor: SmoothQuant's factors follow from it. */
export type Loudest = Readonly<Record<string, readonly number[]>>;

/** What one calibration found about a model. */
export interface ModelStatistics {
  readonly ranges: MethodRanges;
  readonly loudest: Loudest;
  readonly means: ChannelMeans;
}

/** Keeps statistics beyond a session: on the same model and data a second run needs no calibration. Keys are hashes. */
export interface StatisticsCache {
  load(key: string): Promise<ModelStatistics | null>;
  /** Never fails: what cannot be kept is measured again. */
  save(key: string, statistics: ModelStatistics): Promise<void>;
}

/** Statistics for one sampling size: of the model as it is (`plain`), and as recipes changed it (`equalized`, `smoothed 0.5` …). */
export type StoredRanges = Readonly<Record<string, ModelStatistics>>;

export interface DataIdentity {
  readonly name: string;
  readonly sha256: string;
  readonly samples: number;
}

/** What a score is measured against. */
export interface Goal {
  /** The score that the accuracy criterion asks for. */
  readonly target: number;
  readonly higherIsBetter: boolean;
}

/** What a session is about; `data.evaluation.samples` are those that trials are judged by. a resume must agree in everything but names. */
export interface SessionHeader {
  readonly format: 'octet-session/1';
  readonly octet: string;
  readonly runtime: {
    readonly provider: Provider;
    readonly version: string;
    readonly threads: number;
    /** The graphics processor, where that is the provider's. */
    readonly device?: string;
  };
  readonly model: { readonly name: string; readonly sha256: string; readonly sizeBytes: number };
  readonly data: {
    readonly calibration: DataIdentity;
    readonly evaluation: DataIdentity;
    readonly holdOut?: DataIdentity;
    /** Where one set of samples gave both: the seed of the split. Sessions of early versions calibrate with evaluation samples. */
    readonly splitSeed?: number;
  };
  /** The configuration as understood, defaults filled in. */
  readonly settings: TuneSettings;
  /** The module that took the place of the configuration's strategy; its text is no part of any record, link or recipe. */
  readonly customStrategy?: { readonly name: string; readonly fileName: string; readonly sha256: string };
  /** What was decided about the samples where the configuration states no transforms; it stands in `settings` as well. */
  readonly preprocessing?: Preprocessing;
  /** Name of the metric that scores, which the configuration may have left to the data. */
  readonly metric: string;
  readonly goal: Goal;
  readonly startedAt: string;
}

/** Seconds spent, by what they went into. */
export interface Seconds {
  readonly total: number;
  readonly baseline: number;
  readonly calibration: number;
  readonly rewrite: number;
  readonly session: number;
  readonly evaluation: number;
  readonly latency: number;
}

/** What a probe found: errors by tensor or op name (see `Probes`), and what it cost. */
export interface StoredProbe {
  readonly errors: Readonly<Record<string, number>>;
  /** Mean KL divergence of the scored output, nats; absent where it has no classes or the model did not run. */
  readonly divergence?: number;
  readonly samplesEvaluated: number;
  readonly seconds: number;
}

/** The offered and the float model on samples that no trial saw. */
export interface HoldOutResult {
  readonly samples: number;
  readonly baselineScore: number;
  readonly score: number;
  /** By metric, where there are several. */
  readonly baselineScores?: Readonly<Record<string, number>>;
  readonly scores?: Readonly<Record<string, number>>;
  /** Whether the score meets the accuracy criterion against `baselineScore`. */
  readonly met: boolean;
  /** 95 % interval of `score` − `baselineScore`, from paired samples. */
  readonly difference: { readonly mean: number; readonly halfWidth: number };
  /** Of the offered model over all samples, those of the trials included; null where those are another file's. */
  readonly allSamplesScore: number | null;
}

/** A model on another provider against the same model on WASM. */
export interface ProviderDifference {
  readonly samples: number;
  /** Largest error of any output value, as a share of the range of the output on WASM; 0 for outputs of whole numbers. */
  readonly maxError: number;
  /** Samples that got another class; null where the output chooses none. */
  readonly decidedOtherwise: number | null;
}

/** The offered model of a session on another provider, checked on WASM: both scores are over the same samples. */
export interface WasmVerification {
  readonly provider: Provider;
  readonly samples: number;
  readonly wasmScore: number;
  readonly providerScore: number;
  readonly difference: ProviderDifference;
}

export interface SessionOutcome {
  /** Number of the offered trial. */
  readonly best: number | null;
  readonly met: boolean;
  readonly stopReason: StopReason;
  /** Why the search ended, whatever is recommended, and the strategy's own words; sessions of early versions have none. */
  readonly search?: { readonly ended: StopReason; readonly conclusion: string | null };
  readonly seconds: Seconds;
  /** Numbers of the trials that no other beats in score, latency and size at once; sessions of early versions have none. */
  readonly pareto?: readonly number[];
  /** Absent where nothing was held out, nothing is offered, or the user could not wait. */
  readonly holdOut?: HoldOutResult;
  /** Absent where the session ran on WASM itself. */
  readonly verification?: WasmVerification;
}

/** One tuning session as it lies in IndexedDB or in the output folder: enough to resume, show, compare and rebuild. */
export interface SessionRecord {
  readonly header: SessionHeader;
  /** With one value per sample; several metrics have theirs one metric after the other. */
  readonly baseline: { readonly baseline: Baseline; readonly values: readonly number[] } | null;
  readonly ranges: Readonly<Record<number, StoredRanges>>;
  readonly trials: readonly Trial[];
  /** By kind, samples and config. */
  readonly probes: Readonly<Record<string, StoredProbe>>;
  /** What came from outside and must be the same in a resumed run, by key: measured costs, answers of a service. */
  readonly notes: Readonly<Record<string, Json>>;
  /** Null while the session is unfinished. */
  readonly outcome: SessionOutcome | null;
}

/** Where a session is kept. Each call resolves once the data are on disk. */
export interface SessionStore {
  /** The stored session; null before `begin`. */
  load(): Promise<SessionRecord | null>;
  begin(header: SessionHeader): Promise<void>;
  saveBaseline(baseline: Baseline, values: readonly number[]): Promise<void>;
  saveRanges(samplingSize: number, ranges: StoredRanges): Promise<void>;
  appendTrial(trial: Trial): Promise<void>;
  saveProbe(key: string, probe: StoredProbe): Promise<void>;
  saveNote(key: string, value: Json): Promise<void>;
  finish(outcome: SessionOutcome): Promise<void>;
}
