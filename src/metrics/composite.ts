import { mean } from '../base/statistics.ts';
import { combineScores } from './combine-scores.ts';
import type { Metric, MetricPart, MetricScore } from './metric.ts';
import { scoreDifference } from './score-difference.ts';
import { columnsOf } from './value-columns.ts';

/**
 * Several metrics as one. The score is the mean of weight · score, as in Neural Compressor; without weights the mean of the
 * scores. It has no bounds, so that no evaluation ends early: a part of the samples says little about several scores at once.
 */
export function compositeMetric(
  parts: readonly MetricPart[],
  { weight, higherIsBetter }: { readonly weight: readonly number[] | null; readonly higherIsBetter: boolean },
): Metric {
  const weigh = (scores: readonly number[]): number => mean(scores.map((score, i) => score * (weight?.[i] ?? 1)));
  return {
    name: parts.map(({ metric }) => metric.name).join(' + '),
    help: 'Several metrics at once.',
    options: {},
    higherIsBetter,
    compares: () =>
      parts.some(({ metric, options }) => metric.compares(options) === 'reference') ? 'reference' : 'labels',
    range: { min: -Infinity, max: Infinity },
    measure: (batch) => Float64Array.from(parts.flatMap(({ metric, options }) => [...metric.measure(batch, options)])),
    score: (values) =>
      weigh(columnsOf(values, parts.length).map((column, i) => (parts[i] as MetricPart).metric.score(column))),
    combine: (shares) =>
      weigh(
        parts.map(({ metric }) =>
          combineScores(
            metric,
            shares.map(({ samples, scores }) => ({ samples, score: scores?.[metric.name] ?? NaN })),
          ),
        ),
      ),
    parts,
  };
}

/** The score of one value per sample, or of a composite's values, with that of each metric. */
export function scoresOf({ score, parts }: Metric, values: Float64Array): MetricScore {
  if (!parts) return { score: score(values) };
  const columns = columnsOf(values, parts.length);
  const scores = parts.map(({ metric }, i) => [metric.name, metric.score(columns[i] as Float64Array)] as const);
  return { score: score(values), scores: Object.fromEntries(scores) };
}

/** `scoreDifference` of each metric of a composite; undefined where there is one metric. */
export function differencesOf(
  { parts }: Metric,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): Readonly<Record<string, ReturnType<typeof scoreDifference>>> | undefined {
  if (!parts) return undefined;
  const [left, right] = [columnsOf(a, parts.length), columnsOf(b, parts.length)];
  const differences = parts.map(({ metric }, i) => [
    metric.name,
    scoreDifference(metric, left[i] as Float64Array, right[i] as Float64Array),
  ]);
  return Object.fromEntries(differences) as Record<string, ReturnType<typeof scoreDifference>>;
}
