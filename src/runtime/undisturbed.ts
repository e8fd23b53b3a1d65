import { mean, quantile } from '../base/statistics.ts';

/** Times longer than this many times the first quartile were interrupted: other work makes runs longer, never shorter. */
const INTERRUPTED = 1.5;
/** Milliseconds; no browser's clock has longer steps. */
const LONGEST_STEP = 1;

/**
 * Mean of the times of many runs of one thing, in milliseconds, without those that other work interrupted, which may take as long as
 * many runs. Two steps of the clock (0.1 ms in some browsers) make no interruption. NaN for no times.
 */
export function undisturbedMean(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  const gaps = sorted.slice(1).map((time, i) => time - (sorted[i] as number));
  const step = gaps.reduce((least, gap) => (gap > 0 ? Math.min(least, gap) : least), LONGEST_STEP);
  const limit = INTERRUPTED * quantile(sorted, 0.25) + 2 * step;
  return mean(sorted.filter((time) => time <= limit));
}
