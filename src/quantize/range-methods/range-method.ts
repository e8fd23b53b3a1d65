import type { ActivationRange, RangeMethod } from '../config.ts';
import type { Histogram } from '../observer.ts';

/** Chooses the range of an activation for 8 bits from its histogram. One file and one line in `registry.ts`. */
export interface RangeMethodRule {
  readonly name: RangeMethod;
  readonly help: string;
  range(histogram: Histogram): ActivationRange;
}

/** A range from bin edges `low … high` (0 … bins), in float32 so that it reads back equal from any store. */
export function edgeRange({ min, max, counts }: Histogram, low: number, high: number): ActivationRange {
  const width = (max - min) / counts.length;
  return {
    min: Math.fround(low === 0 ? min : min + low * width),
    max: Math.fround(high === counts.length ? max : min + high * width),
  };
}

/** A one-sided histogram (after Relu) keeps its lower edge: 0 must stay 0. */
export function keepsLowerEdge({ min }: Histogram): boolean {
  return min >= 0;
}

export function keepsUpperEdge({ max }: Histogram): boolean {
  return max <= 0;
}
