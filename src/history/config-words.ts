import type { Granularity, OpConfig, RangeMethod, WeightStorage } from '../quantize/config.ts';
import type { TuneSettings } from '../tuning/config/settings.ts';

/** What people call the terms of a configuration: one table for pages, reports and charts. What has no other name keeps its own. */
export const RANGE_METHODS: Readonly<Record<RangeMethod, string>> = {
  minmax: 'min–max',
  percentile: 'percentile',
  kl: 'KL divergence',
  mse: 'MSE',
};

export const GRANULARITIES: Readonly<Record<Granularity, string>> = {
  per_channel: 'per channel',
  per_tensor: 'per tensor',
  per_group: 'per group',
};

export const WEIGHT_STORAGES: Readonly<Record<WeightStorage, string>> = {
  auto: 'as each needs',
  int8: 'int8',
  float16: 'float16',
  float32: 'float32',
};

const METRICS: Readonly<Record<string, string>> = {
  topk: 'accuracy',
  Accuracy: 'accuracy',
  MSE: 'mean squared error',
  RMSE: 'root mean squared error',
  MAE: 'mean absolute error',
  ctc_exact_match: 'exactly read texts',
  agreement: 'agreement with the float model',
  cosine: 'cosine similarity',
};

const STRATEGIES: Readonly<Record<string, string>> = {
  'float-precisions': 'float precisions',
  mse: 'MSE',
  mse_v2: 'MSE v2',
  sigopt: 'SigOpt',
  tpe: 'TPE',
};

/** Parts of the name of a trial's step; between commas. */
const STEPS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.entries(RANGE_METHODS).map(([method, words]) => [method, `${words} ranges`])),
  'model-wise': 'all ops of a kind alike',
  fallback: 'one more op float',
  'one-by-one fallback': 'one op float',
  'greedy fallback': 'one more op float, kept if better',
  'accumulated fallback': 'one more op float',
};

/** What a trial tried, in words; parts that are no terms stay as they are. */
export function stepWords(stage: string): string {
  return stage
    .split(', ')
    .map(
      (part) =>
        STEPS[part] ??
        part.replace(/^range method (\w+) by you/, (_, name: string) => `${methodWords(name)} ranges by you`),
    )
    .join(', ');
}

function methodWords(name: string): string {
  return (RANGE_METHODS as Readonly<Record<string, string>>)[name] ?? name;
}

/** `k`: of top-k, which is told where it is known. */
export function metricWords(name: string, k?: unknown): string {
  if (name === 'topk' && typeof k === 'number') return `top-${k} accuracy`;
  return METRICS[name] ?? name;
}

/** The metric of a session, or several; shared results may come without settings. */
export function metricOf({
  metric,
  settings,
}: {
  readonly metric: string;
  readonly settings: Partial<TuneSettings>;
}): string {
  const accuracy = settings.evaluation?.accuracy;
  const stated = accuracy?.multiMetrics?.metrics ?? (accuracy?.metric ? [accuracy.metric] : []);
  return metric
    .split(' + ')
    .map((name) => metricWords(name, stated.find((each) => each.name === name)?.options['k'] ?? 1))
    .join(' + ');
}

export function strategyWords(name: string): string {
  return STRATEGIES[name] ?? name;
}

/** What an op computes in, in a few words. */
export function opWords(op: OpConfig | undefined): string {
  if (op === undefined || op === 'fp32') return 'float';
  if (op.mode === 'weight_only') return `int4 weights in groups of ${op.weight.groupSize}`;
  const range = op.mode === 'dynamic' ? '' : `, ${RANGE_METHODS[op.activation.algorithm]} ranges`;
  return `int8, ${op.mode}, ${GRANULARITIES[op.weight.granularity]}${range}`;
}

/** The same in the terms of the YAML; undefined for what it has no more to say of. */
export function opTerms(op: OpConfig | undefined): string | undefined {
  if (op === undefined || op === 'fp32') return undefined;
  const { granularity, dtype } = op.weight;
  const range = op.mode === 'static' ? `; activation: algorithm ${op.activation.algorithm}` : '';
  return `weight: dtype ${dtype}, granularity ${granularity}${range}`;
}
