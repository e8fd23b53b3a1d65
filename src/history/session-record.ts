import type { ActivationRange, RangeMethod } from '../quantize/config.ts';
import type { TuneSettings } from '../tuning/config/settings.ts';
import type { Json } from '../base/canonical-json.ts';
import type { Baseline, StopReason, Trial } from '../tuning/types.ts';

/** Ranges of every calibrated tensor by every method. */
export type MethodRanges = Readonly<Record<RangeMethod, Readonly<Record<string, ActivationRange>>>>;

/** Channel magnitudes by tensor, from which SmoothQuant's factors follow. */
export type Loudest = Readonly<Record<string, readonly number[]>>;

/** What one calibration found: of the model as it is, and of the smoothed ones that were asked for, by α. */
export type StoredRanges = MethodRanges & {
  readonly loudest?: Loudest;
  readonly smoothed?: Readonly<Record<string, MethodRanges>>;
};

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

/** What a session is about; a resume must agree in everything but names. */
export interface SessionHeader {
  readonly format: 'octet-session/1';
  readonly octet: string;
  readonly runtime: { readonly provider: 'wasm'; readonly version: string; readonly threads: number };
  readonly model: { readonly name: string; readonly sha256: string; readonly sizeBytes: number };
  readonly data: { readonly calibration: DataIdentity; readonly evaluation: DataIdentity };
  /** The configuration as understood, defaults filled in. */
  readonly settings: TuneSettings;
  /** The module that took the place of the configuration's strategy; its text is no part of any record, link or recipe. */
  readonly customStrategy?: { readonly name: string; readonly fileName: string; readonly sha256: string };
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
  readonly samplesEvaluated: number;
  readonly seconds: number;
}

export interface SessionOutcome {
  /** Number of the offered trial. */
  readonly best: number | null;
  readonly met: boolean;
  readonly stopReason: StopReason;
  readonly seconds: Seconds;
}

/** One tuning session as it lies in IndexedDB or in the output folder: enough to resume, show, compare and rebuild. */
export interface SessionRecord {
  readonly header: SessionHeader;
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
