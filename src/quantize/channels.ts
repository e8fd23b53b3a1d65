import { elementCount } from '../base/tensor.ts';

/** How a tensor's elements fall into channels along an axis: element i belongs to channel floor(i / stride) mod count. */
export interface ChannelLayout {
  readonly count: number;
  readonly stride: number;
}

/** Layout of `dims` along `axis`; `null`: one channel that holds everything. */
export function channelLayout(dims: readonly number[], axis: number | null): ChannelLayout {
  if (axis === null) return { count: 1, stride: Math.max(1, elementCount(dims)) };
  return { count: dims[axis] as number, stride: elementCount(dims.slice(axis + 1)) };
}

/** Elements that lie apart, as those of a last axis do, are visited this many rows at a time: the lines of memory that they share stay in the cache. */
const ROWS = 128;

/**
 * Calls `visit` with runs of elements of one channel, start, start + step, … below end, that together hold every element once. A run as
 * short as the one element that a channel of the last axis has at a time would cost more than what is done with it.
 */
export function forEachRun(
  length: number,
  { count, stride }: ChannelLayout,
  visit: (channel: number, start: number, end: number, step: number) => void,
): void {
  if (stride > 1) {
    for (let start = 0, channel = 0; start < length; start += stride, channel = (channel + 1) % count) {
      visit(channel, start, start + stride, 1);
    }
    return;
  }
  for (let top = 0; top < length; top += ROWS * count) {
    const end = Math.min(length, top + ROWS * count);
    for (let channel = 0; channel < count; channel++) visit(channel, top + channel, end, count);
  }
}

/** Smallest and largest value of each channel (Infinity, -Infinity for an empty one). */
export function channelExtremes(values: Float32Array, layout: ChannelLayout): { min: Float64Array; max: Float64Array } {
  const min = new Float64Array(layout.count).fill(Infinity);
  const max = new Float64Array(layout.count).fill(-Infinity);
  forEachRun(values.length, layout, (channel, start, end, step) => {
    let low = min[channel] as number;
    let high = max[channel] as number;
    for (let i = start; i < end; i += step) {
      const value = values[i] as number;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    min[channel] = low;
    max[channel] = high;
  });
  return { min, max };
}

/** Largest magnitude of each channel (0 for an empty one): half the comparisons, where both ends of a range are to be alike. */
export function channelMagnitudes(values: Float32Array, layout: ChannelLayout): Float64Array {
  const magnitudes = new Float64Array(layout.count);
  forEachRun(values.length, layout, (channel, start, end, step) => {
    let largest = magnitudes[channel] as number;
    for (let i = start; i < end; i += step) {
      const magnitude = Math.abs(values[i] as number);
      if (magnitude > largest) largest = magnitude;
    }
    magnitudes[channel] = largest;
  });
  return magnitudes;
}

/** Dims of a per-channel vector that broadcasts against a tensor of `rank` dims. */
export function broadcastDims(rank: number, axis: number, count: number): number[] {
  return Array.from({ length: rank }, (_, i) => (i === axis ? count : 1));
}
