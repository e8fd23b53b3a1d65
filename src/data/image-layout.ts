import type { TensorType } from '../base/tensor.ts';
import { isFloat } from './cast.ts';
import type { InputSpec } from './dataset.ts';
import type { Sample } from './sample.ts';
import { rescale } from './transforms/rescale.ts';
import { transpose } from './transforms/transpose.ts';

/** How a model wants a picture: the order of its dimensions, and the channels where they are known. */
export interface ImageLayout {
  readonly order: 'channels-first' | 'channels-last' | 'plane' | 'flat';
  readonly channels?: number;
}

const isChannels = (dim: number | null | undefined): dim is number => dim === 1 || dim === 3 || dim === 4;

/** Reads the layout off the dimensions of an input, the batch left out; undefined where they cannot be a picture's. */
export function imageLayout(sampleDims: InputSpec['dims']): ImageLayout | undefined {
  if (sampleDims.length === 1) return { order: 'flat' };
  if (sampleDims.length === 2) return { order: 'plane', channels: 1 };
  if (sampleDims.length !== 3) return undefined;
  const [first, , last] = sampleDims;
  if (isChannels(first)) return { order: 'channels-first', channels: first };
  if (isChannels(last)) return { order: 'channels-last', channels: last };
  if (first === null) return { order: 'channels-first' };
  return last === null ? { order: 'channels-last' } : undefined;
}

/** Where the values of a sample's pixels stand in its data. */
export interface PixelLayout {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Pixels are numbered row by row. */
  at(pixel: number, channel: number): number;
}

/** Of a sample that is a picture, its dimensions known; undefined for flat ones and for what is none. */
export function pixelLayout(dims: readonly number[]): PixelLayout | undefined {
  const layout = imageLayout(dims);
  if (!layout || layout.order === 'flat') return undefined;
  const isFirst = layout.order === 'channels-first';
  const [height = 1, width = 1] = isFirst ? dims.slice(1) : dims;
  const channels = layout.channels ?? 1;
  const at = isFirst
    ? (pixel: number, channel: number): number => channel * height * width + pixel
    : (pixel: number, channel: number): number => pixel * channels + channel;
  return { width, height, channels, at };
}

/** What is done to a picture when no transforms are given: 0–255 becomes 0–1 for a float input, and the layout is the input's. */
export function defaultPreparation(layout: ImageLayout, type: TensorType): (sample: Sample) => Sample {
  return (sample) => {
    const scaled = isFloat(type) ? rescale.apply(sample, {}) : sample;
    const [height = 1, width = 1] = scaled.dims;
    if (layout.order === 'channels-first') return transpose.apply(scaled, { perm: [2, 0, 1] });
    if (layout.order === 'plane') return { ...scaled, dims: [height, width] };
    return layout.order === 'flat' ? { ...scaled, dims: [scaled.data.length] } : scaled;
  };
}
