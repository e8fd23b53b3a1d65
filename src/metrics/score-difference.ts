import { mean, pairedDifference } from '../base/statistics.ts';
import type { Metric } from './metric.ts';

/** Groups of the jackknife: enough for a stable interval, few enough to cost nothing. */
const GROUPS = 200;

/**
 * Difference of two scores on the same samples and the half-width of its 95 % interval. For means, the paired differences;
 * for other scores (RMSE, composites) the delete-a-group jackknife over pairs (Shao & Tu, The Jackknife and Bootstrap, 1995, 2.3), since
 * a mean of the values is not in units of the score. `a` and `b` hold one value per sample, or those of a composite.
 */
export function scoreDifference(
  { score, parts }: Pick<Metric, 'score' | 'parts'>,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): { mean: number; halfWidth: number } {
  if (score === mean) return pairedDifference(a, b);
  const difference = score(Float64Array.from(a)) - score(Float64Array.from(b));
  const samples = a.length / (parts?.length ?? 1);
  const groups = Math.min(GROUPS, samples);
  if (groups < 2) return { mean: difference, halfWidth: 0 };
  const without = Float64Array.from({ length: groups }, (_, group) => {
    const left = (values: ArrayLike<number>): Float64Array =>
      Float64Array.from(values).filter((_value, i) => (i % samples) % groups !== group);
    return score(left(a)) - score(left(b));
  });
  const centre = mean(without);
  const variance = ((groups - 1) / groups) * without.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return { mean: difference, halfWidth: 1.959964 * Math.sqrt(variance) };
}
