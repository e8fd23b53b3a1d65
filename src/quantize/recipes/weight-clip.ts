import type { ChannelLayout } from '../channels.ts';
import { quantizationParameters, roundHalfEven, type IntegerRange } from '../numerics.ts';
import { channelExtremes } from '../simd/weight.ts';

/** Each candidate is narrower than the one before by 3 %; the last keeps 30 % of the range. */
const SHRINK = 0.97;
const CANDIDATES = 40;
/** Past the optimum the error rises steeply: after this many worse candidates in a row nothing better follows. */
const PATIENCE = 6;

/**
 * Ranges of a weight's channels with the least squared error of rounding and clipping together, among the extremes and
 * narrower ones: few outliers of a channel must not widen the steps of all the rest.
 */
export function clippedExtremes(
  values: Float32Array,
  layout: ChannelLayout,
  codes: IntegerRange,
  symmetric: boolean,
): ReturnType<typeof channelExtremes> {
  const { min, max } = channelExtremes(values, layout);
  for (let channel = 0; channel < layout.count; channel++) {
    const [low, high] = [min[channel] as number, max[channel] as number];
    let least = Infinity;
    let factor = 1;
    for (let i = 0, worse = 0; i < CANDIDATES && worse < PATIENCE; i++) {
      const shrink = SHRINK ** i;
      const error = squaredError(values, layout, channel, shrink * low, shrink * high, codes, symmetric, least);
      if (error < least) [least, factor, worse] = [error, shrink, 0];
      else worse++;
    }
    min[channel] = factor * low;
    max[channel] = factor * high;
  }
  return { min, max };
}

/** Sum over the channel; gives up above `limit`. */
function squaredError(
  values: Float32Array,
  { count, stride }: ChannelLayout,
  channel: number,
  low: number,
  high: number,
  codes: IntegerRange,
  symmetric: boolean,
  limit: number,
): number {
  const { scale, zeroPoint } = quantizationParameters(low, high, codes, symmetric);
  const [lowest, highest] = [codes.min - zeroPoint, codes.max - zeroPoint];
  let sum = 0;
  for (let start = channel * stride; start < values.length && sum <= limit; start += count * stride) {
    for (let i = start; i < start + stride; i++) {
      const value = values[i] as number;
      const level = roundHalfEven(Math.fround(value / scale));
      const error = value - scale * (level < lowest ? lowest : level > highest ? highest : level);
      sum += error * error;
    }
  }
  return sum;
}
