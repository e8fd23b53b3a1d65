import { quantile } from '../../base/statistics.ts';
import { targetScore } from '../criterion.ts';
import type { Belief } from '../optimizers/expected-improvement.ts';
import { GaussianProcess } from '../optimizers/gaussian-process.ts';
import type { StrategyContext, Trial } from '../types.ts';
import type { ChoiceSpace, Point } from './choice-space.ts';
import type { Observation } from './explored.ts';

/** Losses beyond this many times the allowed one are cut off: one collapsed model would hide all other differences. */
const CUT_OFF = 10;

/** A Gaussian process over the points of a space, with the ops' factors as one-hot coordinates. */
export function surrogate(
  space: ChoiceSpace,
  points: readonly Point[],
  values: readonly number[],
): (point: Point) => Belief {
  const squaredDistances = Float64Array.from(points.flatMap((a) => points.map((b) => space.distance(a, b))));
  const process = new GaussianProcess({ squaredDistances, values: Float64Array.from(values) });
  return (point) => process.predict(Float64Array.from(points, (each) => space.distance(each, point)));
}

/**
 * Scores as gains over the baseline: higher is better whatever the metric. A failed trial counts as the worst that was seen;
 * where losses are allowed, what is worse than both the typical trial and ten times that loss is cut off.
 */
export function gains(observations: readonly Observation[], context: StrategyContext): readonly number[] {
  const all = observations.map(({ trial }) => gainOf(trial, context));
  const known = all.filter((gain) => gain !== null);
  if (known.length === 0) return all.map(() => 0);
  const required = requiredGain(context);
  const floor = required < 0 ? Math.min(CUT_OFF * required, quantile(known, 0.5)) : -Infinity;
  const worst = Math.max(floor, Math.min(...known));
  return all.map((gain) => Math.max(floor, gain ?? worst));
}

/** The gain, mostly below 0, that the criterion asks for. */
export function requiredGain({ baseline, criterion }: StrategyContext): number {
  const target = targetScore(baseline.score, criterion);
  return criterion.higherIsBetter ? target - baseline.score : baseline.score - target;
}

function gainOf({ score }: Trial, { baseline, criterion }: StrategyContext): number | null {
  if (score === null) return null;
  return criterion.higherIsBetter ? score - baseline.score : baseline.score - score;
}
