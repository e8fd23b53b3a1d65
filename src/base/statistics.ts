/** Quantile of unsorted values by linear interpolation; `p` in [0, 1]; NaN for no values. */
export function quantile(values: ArrayLike<number>, p: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return NaN;
  const position = p * (sorted.length - 1);
  const low = sorted[Math.floor(position)] ?? NaN;
  const high = sorted[Math.ceil(position)] ?? NaN;
  return low + (high - low) * (position - Math.floor(position));
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** Distance between the first and third quartile. */
export function interquartileRange(values: ArrayLike<number>): number {
  return quantile(values, 0.75) - quantile(values, 0.25);
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum / values.length;
}

/** Smallest and largest value; [Infinity, -Infinity] for no values. */
export function extremes(values: ArrayLike<number>): [number, number] {
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    least = Math.min(least, values[i] as number);
    most = Math.max(most, values[i] as number);
  }
  return [least, most];
}

/** Quantile of the standard normal distribution for intervals of 95 %. */
const Z95 = 1.959964;

/**
 * Mean and 95 % half-width (normal approximation) of the paired differences `a[i] - b[i]`; both of equal length. Where all differences
 * are -1, 0 or 1, the width of Agresti and Min (2005), half a pair added to each kind: no difference seen is not none.
 * The half-width is 0 for one sample or none.
 */
export function pairedDifference(a: ArrayLike<number>, b: ArrayLike<number>): { mean: number; halfWidth: number } {
  const n = a.length;
  let sum = 0;
  let squares = 0;
  let verdicts = true;
  for (let i = 0; i < n; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    sum += difference;
    squares += difference * difference;
    verdicts &&= difference === 0 || Math.abs(difference) === 1;
  }
  if (n < 2) return { mean: n === 0 ? 0 : sum, halfWidth: 0 };
  const average = sum / n;
  if (verdicts) return { mean: average, halfWidth: (Z95 * Math.sqrt(squares + 1 - (sum * sum) / (n + 2))) / (n + 2) };
  const variance = Math.max(0, (squares - n * average * average) / (n - 1));
  return { mean: average, halfWidth: Z95 * Math.sqrt(variance / n) };
}
