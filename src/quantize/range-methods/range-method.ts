import type { ActivationRange, RangeMethod } from '../config.ts';
import type { Histogram } from '../observer.ts';

/** Chooses the range of an activation for 8 bits from its histogram. One file and one line in `registry.ts`. */
export interface RangeMethodRule {
  readonly name: RangeMethod;
  readonly help: string;
  range(histogram: Histogram): ActivationRange;
}

/** A range from bin edges `low … high` (0 … bins), in float32 so that it reads back equal from any store. */
export function edgeRange({ min, max, origin, width, counts }: Histogram, low: number, high: number): ActivationRange {
  return {
    min: low === 0 ? min : Math.fround(origin + low * width),
    max: high === counts.length ? max : Math.fround(origin + high * width),
  };
}

/** The bin edge at 0, or the one nearest to it: every range contains 0. */
export function zeroEdge({ origin, width, counts }: Histogram): number {
  return Math.max(0, Math.min(counts.length, -origin / width));
}

/** A one-sided histogram (after Relu) keeps its lower edge: 0 must stay 0. */
export function keepsLowerEdge({ min }: Histogram): boolean {
  return min >= 0;
}

export function keepsUpperEdge({ max }: Histogram): boolean {
  return max <= 0;
}
