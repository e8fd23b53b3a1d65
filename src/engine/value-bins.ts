import type { ValueBins } from '../history/op-values.ts';
import type { Histogram } from '../quantize/observer.ts';

/** More bins than this cannot be told apart in a small chart. */
const MOST_BINS = 64;

/** Merges neighbouring bins, as few as it takes; 0 stays an edge, and the counts add up to the same. */
export function valueBins({ min, max, origin, width, counts }: Histogram): ValueBins {
  const first = Math.round(origin / width);
  const end = first + counts.length;
  let merged = Math.max(1, Math.floor(counts.length / MOST_BINS));
  const groupsOf = (size: number): number => Math.ceil(end / size) - Math.floor(first / size);
  while (groupsOf(merged) > MOST_BINS) merged++;
  const firstGroup = Math.floor(first / merged);
  const sums = new Array<number>(groupsOf(merged)).fill(0);
  counts.forEach((count, bin) => {
    const group = Math.floor((first + bin) / merged) - firstGroup;
    sums[group] = (sums[group] as number) + count;
  });
  return { min, max, origin: firstGroup * merged * width, width: merged * width, counts: sums };
}

/** Share of the values in bins that lie wholly outside of [low, high]. */
export function shareOutside({ origin, width, counts }: Histogram, low: number, high: number): number {
  let [outside, total] = [0, 0];
  counts.forEach((count, bin) => {
    total += count;
    if (origin + (bin + 1) * width <= low || origin + bin * width >= high) outside += count;
  });
  return total === 0 ? 0 : outside / total;
}
