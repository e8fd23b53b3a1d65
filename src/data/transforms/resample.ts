import type { Sample } from '../sample.ts';
import { pictureSize } from './picture.ts';

export type Interpolation = 'bilinear' | 'nearest' | 'bicubic' | 'area';

/** What one output pixel takes from a row or column: source positions with weights that sum to 1. */
interface Tap {
  readonly positions: readonly number[];
  readonly weights: readonly number[];
}

type TapMaker = (index: number, scale: number) => Tap;

/** Cubic convolution with a = -0.75, the value of OpenCV (`interpolateCubic`). */
function cubicWeight(distance: number): number {
  const a = -0.75;
  const x = Math.abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

/** Share of each source pixel that the output pixel covers. */
function areaTap(index: number, scale: number): Tap {
  const start = index * scale;
  const end = start + scale;
  const positions: number[] = [];
  const weights: number[] = [];
  for (let position = Math.floor(start); position < end; position++) {
    const overlap = Math.min(position + 1, end) - Math.max(position, start);
    if (overlap < 1e-9) continue;
    positions.push(position);
    weights.push(overlap / scale);
  }
  return { positions, weights };
}

/** What OpenCV does under the name of area where a side grows: linear, but keeping source pixels whole. */
function growingAreaTap(index: number, scale: number): Tap {
  const low = Math.floor(index * scale);
  const reach = index + 1 - (low + 1) / scale;
  const share = reach <= 0 ? 0 : reach - Math.floor(reach);
  return { positions: [low, low + 1], weights: [1 - share, share] };
}

const TAPS: Readonly<Record<Exclude<Interpolation, 'area'>, TapMaker>> = {
  nearest: (index, scale) => ({ positions: [Math.floor(index * scale)], weights: [1] }),
  bilinear: (index, scale) => {
    const center = (index + 0.5) * scale - 0.5;
    const low = Math.floor(center);
    return { positions: [low, low + 1], weights: [1 - (center - low), center - low] };
  },
  bicubic: (index, scale) => {
    const center = (index + 0.5) * scale - 0.5;
    const low = Math.floor(center);
    const positions = [low - 1, low, low + 1, low + 2];
    return { positions, weights: positions.map((position) => cubicWeight(center - position)) };
  },
};

function axisTaps(from: number, to: number, make: TapMaker): Tap[] {
  return Array.from({ length: to }, (_, index) => {
    const { positions, weights } = make(index, from / to);
    return { positions: positions.map((position) => Math.min(from - 1, Math.max(0, position))), weights };
  });
}

/** Weighted sums along one axis of data seen as [outer, axis, inner]. */
function resampleAxis(data: Float64Array, axis: number, inner: number, taps: readonly Tap[]): Float64Array {
  const outer = data.length / (axis * inner);
  const out = new Float64Array(outer * taps.length * inner);
  for (let block = 0; block < outer; block++) {
    taps.forEach(({ positions, weights }, index) => {
      const to = (block * taps.length + index) * inner;
      for (let tap = 0; tap < positions.length; tap++) {
        const from = (block * axis + (positions[tap] ?? 0)) * inner;
        const weight = weights[tap] ?? 0;
        for (let i = 0; i < inner; i++) out[to + i] = (out[to + i] ?? 0) + weight * (data[from + i] ?? 0);
      }
    });
  }
  return out;
}

/**
 * A picture at another size, with the pixel positions of OpenCV's `resize` (half-pixel centres, edges repeated). A uint8
 * picture stays one: values are rounded and limited to 0–255.
 */
export function resizePicture(sample: Sample, width: number, height: number, interpolation: Interpolation): Sample {
  const size = pictureSize(sample);
  if (size.width === width && size.height === height) return sample;
  const shrinks = width <= size.width && height <= size.height;
  const make = interpolation === 'area' ? (shrinks ? areaTap : growingAreaTap) : TAPS[interpolation];
  const columns = axisTaps(size.width, width, make);
  const rows = axisTaps(size.height, height, make);
  const wide = resampleAxis(Float64Array.from(sample.data), size.width, size.channels, columns);
  const values = Float32Array.from(resampleAxis(wide, size.height, width * size.channels, rows));
  const data = sample.type === 'uint8' ? values.map((value) => Math.min(255, Math.max(0, Math.round(value)))) : values;
  return { type: sample.type, dims: [height, width, size.channels], data };
}
