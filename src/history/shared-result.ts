import type { ClassOrder } from './preprocessing.ts';
import {
  distinct,
  isCount,
  isDate,
  isFlag,
  isMap,
  isNumber,
  isText,
  listOf,
  mapOf,
  nullable,
  oneOf,
  optional,
  record,
  type Check,
} from './checks.ts';
import { evidenceOf, sharedEvidence, type Evidence, type LatencyShape } from './evidence.ts';
import { groupOps, PRECISIONS, type OpGroup } from './op-groups.ts';
import { checkRecipe, isTuneConfig, type Recipe } from './recipe.ts';
import type { DataIdentity, SessionHeader, SessionRecord } from './session-record.ts';
import { packGraph, reportGraph, unpackGraph, type SharedGraph } from './shared-graph.ts';
import type { TuneReport } from './tune-report.ts';
import type { Trial } from '../tuning/types.ts';

/** What a link or a file carries to somebody else: a session's story without data or model, and the recipe if it fits. */
export interface SharedResult {
  readonly format: 'octet-share/1';
  /** Baseline values per sample, ranges, probes and notes stay behind. */
  readonly record: SessionRecord;
  readonly explanation: string;
  /** The winning config; null where nothing was offered, or it is left out. */
  readonly yaml: string | null;
  readonly ops: readonly OpGroup[];
  /** Null: nothing was offered, or it is too large for a link and travels as a file. */
  readonly recipe: Recipe | null;
  /** Without samples; absent where there is none, and in links of early versions. */
  readonly evidence?: Evidence;
  readonly graph?: SharedGraph;
}

export function sharedResult({ record, explanation, offer }: TuneReport): SharedResult {
  const evidence = evidenceOf(record);
  const graph = reportGraph(offer);
  return {
    format: 'octet-share/1',
    record: bare({ ...record, header: withoutRunnersUp(record.header), trials: record.trials.map(measured) }),
    explanation,
    yaml: offer?.yaml ?? null,
    ops: groupOps(offer?.ops ?? []),
    recipe: offer?.recipe ?? null,
    ...(evidence && { evidence: sharedEvidence(evidence) }),
    ...(graph && { graph: packGraph(graph) }),
  };
}

/** Anyone can write a link or a file: null for what a page could not show. */
export function checkSharedResult(value: unknown): SharedResult | null {
  if (!isSharedResult(value)) return null;
  const shared = value as SharedResult;
  return { ...shared, record: bare(shared.record) };
}

function bare(record: SessionRecord): SessionRecord {
  return {
    ...record,
    baseline: record.baseline && { ...record.baseline, values: [] },
    ranges: {},
    probes: {},
    notes: {},
  };
}

/** What else was tried on the samples is nothing without the data. */
function withoutRunnersUp({ preprocessing, ...header }: SessionHeader): SessionHeader {
  return { ...header, ...(preprocessing && { preprocessing: { ...preprocessing, runnersUp: [] } }) };
}

/** JSON knows no infinite width. */
function measured(trial: Trial): Trial {
  const { difference } = trial;
  return difference && isNumber(difference.mean) && isNumber(difference.halfWidth)
    ? trial
    : { ...trial, difference: null };
}

const isMaybe = nullable(isNumber);
const isInterval = record({ mean: isNumber, halfWidth: isNumber });
const isIdentity = record({ name: isText, sha256: isText, samples: isCount } satisfies Parts<DataIdentity>);

type Parts<T> = { readonly [part in keyof Required<T>]?: Check };

const isTrial = record({
  number: isCount,
  stage: isText,
  config: isTuneConfig,
  status: oneOf('complete', 'pruned', 'failed'),
  score: isMaybe,
  scores: optional(mapOf(isMaybe)),
  met: isFlag,
  samplesEvaluated: isNumber,
  sizeBytes: isMaybe,
  footprintBytes: optional(isNumber),
  latencyMs: isMaybe,
  latencySpreadMs: optional(isMaybe),
  latencyRatio: isMaybe,
  difference: nullable(isInterval),
  differences: optional(mapOf(record({ mean: isMaybe, halfWidth: isMaybe }))),
  seconds: isNumber,
  modelSha256: nullable(isText),
  reason: optional(isText),
  byHand: optional(isFlag),
  simulated: optional(isFlag),
} satisfies Parts<Trial>);

const isPreprocessing = record({
  transforms: listOf(record({ name: isText, options: isMap })),
  labelShift: isNumber,
  words: isText,
  score: isMaybe,
  logProbability: isMaybe,
  samples: isCount,
  source: oneOf('found', 'by shape', 'assumed', 'chosen'),
  metric: isText,
  k: optional(isCount),
  isChance: isFlag,
  runnersUp: (value) => Array.isArray(value) && value.length === 0,
  calibrationTransforms: optional(listOf(isMap)),
  classOrder: optional(
    record({
      names: listOf(isText),
      share: isNumber,
      sortedShare: isNumber,
      samples: isCount,
    } satisfies Parts<ClassOrder>),
  ),
});

const isNamed = record({ name: isText, options: isMap });
/** The metrics that a session states. */
const isAccuracy = record({
  metric: nullable(isNamed),
  multiMetrics: nullable(record({ metrics: listOf(isNamed) })),
});

const isHeader = record({
  octet: isText,
  runtime: record({ provider: oneOf('wasm', 'webgpu'), version: isText, threads: isCount, device: optional(isText) }),
  model: record({ name: isText, sha256: isText, sizeBytes: isNumber }),
  data: record({ calibration: isIdentity, evaluation: isIdentity, holdOut: optional(isIdentity) }),
  settings: record({ tuning: isMap, evaluation: optional(record({ accuracy: isAccuracy })) }),
  customStrategy: optional(record({ name: isText, fileName: isText, sha256: isText })),
  preprocessing: optional(isPreprocessing),
  metric: isText,
  goal: record({ target: isNumber, higherIsBetter: isFlag }),
  startedAt: isDate,
} satisfies Parts<SessionHeader>);

const isOutcome = record({
  best: nullable(isCount),
  met: isFlag,
  stopReason: oneOf('criterion-met', 'max-trials', 'timeout', 'space-exhausted', 'stopped', 'float-recommended'),
  seconds: record({ total: isNumber }),
  pareto: optional(listOf(isCount)),
  holdOut: optional(
    record({
      samples: isCount,
      baselineScore: isNumber,
      score: isNumber,
      met: isFlag,
      difference: isInterval,
      allSamplesScore: isMaybe,
    }),
  ),
  verification: optional(
    record({
      samples: isCount,
      wasmScore: isNumber,
      providerScore: isNumber,
      difference: record({ samples: isCount, maxError: isNumber, decidedOtherwise: nullable(isCount) }),
    }),
  ),
});

const isRecord = record({
  header: isHeader,
  baseline: nullable(
    record({
      baseline: record({
        score: isNumber,
        latencyMs: isNumber,
        sizeBytes: isNumber,
        seconds: isNumber,
        samples: isCount,
      }),
    }),
  ),
  trials: distinct(isTrial, ({ number }: Trial) => number),
  outcome: nullable(isOutcome),
});

const isOpGroup = record({
  precision: oneOf(...PRECISIONS),
  opType: isText,
  reason: nullable(isText),
  count: isCount,
  names: listOf(isText),
  weightBytes: optional(isNumber),
  timeShare: optional(isNumber),
} satisfies Parts<OpGroup>);

const isCounts = record({ counts: listOf(isCount), p5Ms: isNumber, medianMs: isNumber, p95Ms: isNumber });
const MOST_BINS = 1000;

/** Of bins that can be told apart, as many for both models. */
const isLatency: Check = (value) => {
  if (!record({ startMs: isNumber, widthMs: isNumber, float: isCounts, offered: isCounts })(value)) return false;
  const { startMs, widthMs, float, offered } = value as LatencyShape;
  const bins = float.counts.length;
  const isWide = startMs >= 0 && widthMs > 1e-9 * (1 + startMs);
  return isWide && bins > 0 && bins <= MOST_BINS && bins === offered.counts.length;
};

const isEvidence = record({
  format: oneOf('octet-evidence/1'),
  samples: isCount,
  worse: isCount,
  better: isCount,
  decidedOtherwise: nullable(isCount),
  classes: distinct(
    record({ class: isCount, samples: isCount, float: isNumber, offered: isNumber }),
    ({ class: number }: Evidence['classes'][number]) => number,
  ),
  classCount: optional(isCount),
  classNames: optional(mapOf(isText)),
  hasLabels: optional(isFlag),
  changes: (value) => Array.isArray(value) && value.length === 0,
  latency: nullable(isLatency),
} satisfies Parts<Evidence>);

const isSharedResult = record({
  format: oneOf('octet-share/1'),
  record: isRecord,
  explanation: isText,
  yaml: nullable(isText),
  ops: distinct(isOpGroup, ({ precision, opType, reason }: OpGroup) => JSON.stringify([precision, opType, reason])),
  // Throws with words of its own.
  recipe: nullable((value) => checkRecipe(value) !== null),
  evidence: optional(isEvidence),
  graph: optional((value) => unpackGraph(value) !== null),
} satisfies Parts<SharedResult>);
