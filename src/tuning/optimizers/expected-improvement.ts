import { erfcx, normalDensity, normalDistribution } from './normal.ts';

/** A normal belief about a value. */
export interface Belief {
  readonly mean: number;
  readonly deviation: number;
}

/**
 * log E[max(0, Y - best)] for Y ~ belief, which still tells points apart where the expectation itself is 0 in floating point;
 * -Infinity where no improvement is possible.
 */
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
