/** Milliseconds since an arbitrary start, monotone. The one place that reads a clock; everything else takes it as argument. */
export type Clock = () => number;

export const systemClock: Clock = () => performance.now();

/** Wall-clock time as ISO 8601, for labels only: no decision may read it. */
export function timestamp(): string {
  return new Date().toISOString();
}
