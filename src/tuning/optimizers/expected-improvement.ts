import { erfcx, normalDensity, normalDistribution } from './normal.ts';

/** A normal belief about a value. */
export interface Belief {
  readonly mean: number;
  readonly deviation: number;
}

/** E[max(0, Y - best)] for Y ~ belief: how much more than `best` is to be expected. */
export function expectedImprovement({ mean, deviation }: Belief, best: number): number {
  const gain = mean - best;
  if (deviation === 0) return Math.max(gain, 0);
  const z = gain / deviation;
  return gain * normalDistribution(z) + deviation * normalDensity(z);
}

/** Its logarithm, which still tells points apart where the improvement itself is 0 in floating point; -Infinity for none. */
export function logExpectedImprovement({ mean, deviation }: Belief, best: number): number {
  if (deviation === 0) return Math.log(Math.max(mean - best, 0));
  return Math.log(deviation) + logImprovement((mean - best) / deviation);
}

/** log(φ(z) + z·Φ(z)), by erfcx where the sum would cancel. */
export function logImprovement(z: number): number {
  if (z > -1) return Math.log(normalDensity(z) + z * normalDistribution(z));
  const log = -0.5 * z * z - 0.5 * Math.log(2 * Math.PI);
  return log + Math.log1p(z * Math.sqrt(Math.PI / 2) * erfcx(-z / Math.SQRT2));
}
