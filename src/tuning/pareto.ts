import { isCompact } from './compact.ts';
import type { Trial } from './types.ts';

/**
 * Non-domination rank of every point, all coordinates minimised: 0 for points that no other beats in one coordinate without
 * losing in another, 1 for those that are so once rank 0 is gone, and so on (Deb et al., NSGA-II, 2002). Equal points share
 * their rank.
 */
export function paretoRanks(points: readonly (readonly number[])[]): number[] {
  const ranks = points.map(() => -1);
  for (let rank = 0; ranks.includes(-1); rank++) {
    const left = points.filter((_, i) => ranks[i] === -1);
    const front = points.map((point, i) => ranks[i] === -1 && !left.some((other) => dominates(other, point)));
    for (const [i, isFront] of front.entries()) if (isFront) ranks[i] = rank;
  }
  return ranks;
}

/**
 * Numbers of the complete trials that no other beats in score, latency and size at once, and in footprint where that is an
 * objective; what is not known is the worst.
 */
export function paretoSet(trials: readonly Trial[], higherIsBetter: boolean, wantsFootprint = false): number[] {
  const complete = trials.filter(({ status, score }) => status === 'complete' && score !== null);
  const ranks = paretoRanks(
    complete.map((trial) => [
      (higherIsBetter ? -1 : 1) * (trial.score ?? NaN),
      // Whatever was measured: a compact model runs the float model's kernels.
      isCompact(trial) && trial.latencyRatio !== null ? 1 : (trial.latencyRatio ?? Infinity),
      trial.sizeBytes ?? Infinity,
      ...(wantsFootprint ? [trial.footprintBytes ?? Infinity] : []),
    ]),
  );
  return complete.filter((_, i) => ranks[i] === 0).map(({ number }) => number);
}

function dominates(a: readonly number[], b: readonly number[]): boolean {
  return a.every((value, i) => value <= (b[i] as number)) && a.some((value, i) => value < (b[i] as number));
}
