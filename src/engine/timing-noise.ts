import { interquartileRange, median } from '../base/statistics.ts';

/** Standard error of a median over that of a mean, and the quartile distance of a normal distribution in standard deviations. */
const MEDIAN_FACTOR = 1.2533;
const QUARTILES = 1.349;

/** Whether the median of latency ratios cannot be told from `threshold`: less than two standard errors lie between. */
export function isUndecided(ratios: ArrayLike<number>, threshold: number): boolean {
  const error = (MEDIAN_FACTOR * interquartileRange(ratios)) / QUARTILES / Math.sqrt(ratios.length);
  return Math.abs(median(ratios) - threshold) < 2 * error;
}
