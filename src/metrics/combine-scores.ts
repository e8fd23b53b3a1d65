import type { Metric, MetricScore } from './metric.ts';

/** Score of all samples from those of disjoint parts. */
export function combineScores(
  { combine }: Pick<Metric, 'combine'>,
  parts: readonly (MetricScore & { readonly samples: number })[],
): number {
  if (combine) return combine(parts);
  const samples = parts.reduce((sum, part) => sum + part.samples, 0);
  return parts.reduce((sum, part) => sum + part.samples * part.score, 0) / samples;
}
