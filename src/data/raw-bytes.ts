import type { Tensor } from '../base/tensor.ts';

/** Fewer values than this say nothing. */
const MIN_VALUES = 16;
/** Values from 0 to 1, counts and classes stay below; pictures do not. */
const MIN_PEAK = 64;

/** Whether float values look like bytes that were never scaled: all whole, from 0 to at most 255, some large. */
export function looksLikeRawBytes({ type, data }: Tensor): boolean {
  if (type !== 'float32' || data.length < MIN_VALUES) return false;
  const values = data as Float32Array;
  let peak = 0;
  for (const value of values) {
    if (!Number.isInteger(value) || value < 0 || value > 255) return false;
    peak = Math.max(peak, value);
  }
  return peak >= MIN_PEAK;
}
