import type { ActivationRange, RangeMethod } from '../config.ts';
import type { Histogram } from '../observer.ts';
import { kl } from './kl.ts';
import { minmax } from './minmax.ts';
import { mse } from './mse.ts';
import { percentile } from './percentile.ts';
import type { RangeMethodRule } from './range-method.ts';

/** In the order in which they are tried. */
export const rangeMethods: readonly RangeMethodRule[] = [minmax, percentile, kl, mse];

/** The ranges of all tensors by all methods: changing the method costs no new run of the model. */
export function allRanges(
  histograms: ReadonlyMap<string, Histogram>,
): Record<RangeMethod, Record<string, ActivationRange>> {
  const entries = rangeMethods.map(({ name, range }) => {
    const ranges = [...histograms].map(([tensor, histogram]) => [tensor, range(histogram)] as const);
    return [name, Object.fromEntries(ranges)] as const;
  });
  return Object.fromEntries(entries) as Record<RangeMethod, Record<string, ActivationRange>>;
}
