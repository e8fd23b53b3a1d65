/** Bins of every histogram, over the range that the first pass found; no merge rule is needed then. */
export const HISTOGRAM_BINS = 2048;

/** Smallest and largest value of a tensor, and the first element that is no finite number. */
export interface Extremes {
  readonly min: number;
  readonly max: number;
  /** Index of the first NaN or infinity in the observed values; -1 if all are finite. */
  readonly nonFiniteAt: number;
}

export function observeExtremes(values: Float32Array): Extremes {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < min) min = value;
    if (value > max) max = value;
    if (value - value !== 0) return { min, max, nonFiniteAt: i };
  }
  return { min, max, nonFiniteAt: -1 };
}

/** Raises `loudest[j]` to the largest |value| of channel j; channels run along the last dimension. */
export function observeLoudest(loudest: Float32Array, values: Float32Array): void {
  const channels = loudest.length;
  for (let start = 0; start < values.length; start += channels) {
    for (let j = 0; j < channels; j++) {
      const magnitude = Math.abs(values[start + j] as number);
      if (magnitude > (loudest[j] as number)) loudest[j] = magnitude;
    }
  }
}

/** Counts of a tensor's values in equal bins over [min, max]; counts are whole numbers, so that sums do not depend on order. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly counts: Float64Array;
}

export function emptyHistogram(min: number, max: number): Histogram {
  return { min, max, counts: new Float64Array(HISTOGRAM_BINS) };
}

/** Adds values to `histogram`; values outside its range land in the outermost bins. */
export function observeHistogram({ min, max, counts }: Histogram, values: Float32Array): void {
  const bins = counts.length;
  const perUnit = max > min ? bins / (max - min) : 0;
  const last = bins - 1;
  for (let i = 0; i < values.length; i++) {
    const at = ((values[i] as number) - min) * perUnit;
    const bin = at <= 0 ? 0 : at >= last ? last : at | 0;
    counts[bin] = (counts[bin] as number) + 1;
  }
}
