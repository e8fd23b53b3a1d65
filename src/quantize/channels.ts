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

/** Smallest and largest value of each channel (Infinity, -Infinity for an empty one). */
export function channelExtremes(
  values: Float32Array,
  { count, stride }: ChannelLayout,
): { min: Float64Array; max: Float64Array } {
  const min = new Float64Array(count).fill(Infinity);
  const max = new Float64Array(count).fill(-Infinity);
  if (stride === 1) {
    extremesOfNeighbours(values, min, max);
    return { min, max };
  }
  for (let start = 0, channel = 0; start < values.length; start += stride, channel = (channel + 1) % count) {
    let low = min[channel] as number;
    let high = max[channel] as number;
    for (let i = start; i < start + stride; i++) {
      const value = values[i] as number;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    min[channel] = low;
    max[channel] = high;
  }
  return { min, max };
}

/** A loop over the one element that a channel has at a time would cost ten times as much. */
function extremesOfNeighbours(values: Float32Array, min: Float64Array, max: Float64Array): void {
  const count = min.length;
  for (let start = 0; start < values.length; start += count) {
    for (let channel = 0; channel < count; channel++) {
      const value = values[start + channel] as number;
      if (value < (min[channel] as number)) min[channel] = value;
      if (value > (max[channel] as number)) max[channel] = value;
    }
  }
}

/** Dims of a per-channel vector that broadcasts against a tensor of `rank` dims. */
export function broadcastDims(rank: number, axis: number, count: number): number[] {
  return Array.from({ length: rank }, (_, i) => (i === axis ? count : 1));
}
