import type { Baseline, StopReason, Trial } from '../tuning/types.ts';
import { evidenceOf, type Evidence } from './evidence.ts';
import { fullEvaluations } from './full-evaluations.ts';
import type { Sensitivity } from '../tuning/sensitivity.ts';
import { sensitivityOf } from './sensitivity.ts';
import type { Preprocessing } from './preprocessing.ts';
import type { HoldOutResult, Seconds, SessionHeader, SessionRecord, WasmVerification } from './session-record.ts';

/** `history.json`: what a session did, for scripts and for import elsewhere. Its form is a contract. */
export interface HistoryDocument {
  readonly format: 'octet-history/1';
  readonly octet: string;
  readonly runtime: SessionHeader['runtime'];
  readonly model: SessionHeader['model'];
  readonly data: SessionHeader['data'];
  readonly config: SessionHeader['settings'];
  /** Present where a module of the user's took the place of the configuration's strategy. */
  readonly customStrategy?: NonNullable<SessionHeader['customStrategy']>;
  /** What is done to the samples, where the configuration stated no transforms; `config` follows it. */
  readonly preprocessing?: Preprocessing;
  readonly baseline: Baseline | null;
  readonly trials: readonly Trial[];
  /** Sensitivity and other runs that are no trials. */
  readonly probes: { readonly samplesEvaluated: number; readonly seconds: number };
  readonly best: number | null;
  /** Trials that no other beats in score, latency and size at once. */
  readonly pareto: readonly number[];
  readonly met: boolean;
  readonly stopReason: StopReason;
  readonly seconds: Seconds;
  /** The offered model on samples that no trial saw; null where there is no such score. */
  readonly holdOut: HoldOutResult | null;
  /** The offered model on WASM, where the session ran on another provider. */
  readonly verification?: WasmVerification;
  /** Samples of trials and probes ÷ evaluation samples: what the search cost in evaluations of all samples. */
  readonly fullEvaluations: number;
  /** What each int8 op does to the model, the most harmful first; absent unless it was asked for. */
  readonly sensitivity?: Sensitivity;
  /** What the offered model does otherwise than float on the samples of the trials; pictures are left out. */
  readonly evidence?: Evidence;
}

/** A session without outcome counts as stopped. */
export function historyDocument(record: SessionRecord): HistoryDocument {
  const { header, baseline, trials, probes, outcome } = record;
  const sensitivity = sensitivityOf(record);
  const evidence = evidenceOf(record);
  const none: Seconds = { total: 0, baseline: 0, calibration: 0, rewrite: 0, session: 0, evaluation: 0, latency: 0 };
  return {
    format: 'octet-history/1',
    octet: header.octet,
    runtime: header.runtime,
    model: header.model,
    data: header.data,
    config: header.settings,
    ...(header.customStrategy && { customStrategy: header.customStrategy }),
    ...(header.preprocessing && { preprocessing: header.preprocessing }),
    baseline: baseline?.baseline ?? null,
    trials,
    probes: {
      samplesEvaluated: sum(Object.values(probes).map(({ samplesEvaluated }) => samplesEvaluated)),
      seconds: sum(Object.values(probes).map(({ seconds }) => seconds)),
    },
    best: outcome?.best ?? null,
    pareto: outcome?.pareto ?? [],
    met: outcome?.met ?? false,
    stopReason: outcome?.stopReason ?? 'stopped',
    seconds: outcome?.seconds ?? none,
    holdOut: outcome?.holdOut ?? null,
    ...(outcome?.verification && { verification: outcome.verification }),
    fullEvaluations: fullEvaluations(record),
    ...(sensitivity && { sensitivity }),
    ...(evidence && { evidence: withoutPictures(evidence) }),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function withoutPictures(evidence: Evidence): Evidence {
  const changes = evidence.changes.map(({ sample, label, float, offered }) => ({ sample, label, float, offered }));
  return { ...evidence, changes };
}
