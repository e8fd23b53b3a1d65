import { edgeRange, keepsLowerEdge, keepsUpperEdge, type RangeMethodRule } from './range-method.ts';

/**
 * Share of the values kept. ONNX Runtime's default of 0.99999 cuts one element in 100 000, which on small calibration sets
 * is min-max again; 0.9999 is what cures outliers in practice.
 */
const KEPT_SHARE = 0.9999;

/** Cuts (1 − 0.9999) / 2 of the mass on each side, or all of it on the one side that is not at 0. */
export const percentile: RangeMethodRule = {
  name: 'percentile',
  help: 'Keeps 99.99 % of the values and clips the rest.',
  range(histogram) {
    const { counts } = histogram;
    const total = counts.reduce((sum, count) => sum + count, 0);
    const oneSided = keepsLowerEdge(histogram) || keepsUpperEdge(histogram);
    const cut = (total * (1 - KEPT_SHARE)) / (oneSided ? 1 : 2);
    const low = keepsLowerEdge(histogram) ? 0 : cutFrom(counts, cut, 0, 1);
    const high = keepsUpperEdge(histogram) ? counts.length : cutFrom(counts, cut, counts.length - 1, -1) + 1;
    return edgeRange(histogram, low, Math.max(high, low + 1));
  },
};

/** The first bin from one end at which more than `cut` values have been passed. */
function cutFrom(counts: Float64Array, cut: number, start: number, step: number): number {
  let passed = 0;
  let bin = start;
  for (; bin >= 0 && bin < counts.length; bin += step) {
    passed += counts[bin] as number;
    if (passed > cut) break;
  }
  return Math.max(0, Math.min(counts.length - 1, bin));
}
