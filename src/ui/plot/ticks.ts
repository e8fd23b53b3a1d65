/** About `count` round numbers (1, 2 or 5 times a power of ten) that lie in [low, high]. */
export function ticks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9)) ?? 10) * power;
  // Between numbers that hardly differ there are no round ones: counting would not come to an end.
  if (!(step > 1e-12 * Math.max(Math.abs(low), Math.abs(high)))) return [low];
  const found: number[] = [];
  for (let i = Math.ceil(low / step); i * step <= high + step * 1e-9; i++) found.push(i * step);
  return found;
}
