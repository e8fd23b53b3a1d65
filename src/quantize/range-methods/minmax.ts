import { edgeRange, type RangeMethodRule } from './range-method.ts';

/** Everything that was seen: no clipping, widest steps. */
export const minmax: RangeMethodRule = {
  name: 'minmax',
  help: 'The smallest and the largest value seen. Clips nothing; one outlier widens every step.',
  range: (histogram) => edgeRange(histogram, 0, histogram.counts.length),
};
