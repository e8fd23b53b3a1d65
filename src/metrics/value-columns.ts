/** Values of `count` metrics, one metric after the other, as one array for each. */
export function columnsOf(values: ArrayLike<number>, count: number): Float64Array[] {
  const all = Float64Array.from(values);
  const samples = all.length / count;
  return Array.from({ length: count }, (_, i) => all.subarray(i * samples, (i + 1) * samples));
}
