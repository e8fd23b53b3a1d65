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

/** Dims of a per-channel vector that broadcasts against a tensor of `rank` dims. */
export function broadcastDims(rank: number, axis: number, count: number): number[] {
  return Array.from({ length: rank }, (_, i) => (i === axis ? count : 1));
}
