import { fromFloat16Bits, toFloat16Bits } from '../base/float16.ts';
import { elementCount } from '../base/tensor.ts';
import { roundHalfEven } from './numerics.ts';

/** How a weight falls into blocks: `length` inputs of an output, one every `inner` elements, cut into `blocks` of `blockSize`. */
export interface BlockLayout {
  /** Product of the dims before the inputs. */
  readonly outer: number;
  /** Inputs that one output adds up. */
  readonly length: number;
  /** Product of the dims behind the inputs. */
  readonly inner: number;
  readonly blocks: number;
  /** The last block is padded where blocks · blockSize exceeds length. */
  readonly blockSize: number;
}

/** A weight in 4 bits: w ≈ scale · (code − 8), one scale per block. */
export interface BlockWeight extends BlockLayout {
  /** Codes 0 to 15 as [outer, blocks, blockSize, inner]; padding holds 8. */
  readonly codes: Uint8Array;
  /** As [outer, blocks, inner]. */
  readonly scales: Float32Array;
}

/** Code of the value 0. */
export const ZERO_CODE = 8;
const MAX_CODE = 15;
/**
 * Scales that are tried, as shares of the one that puts the largest value on the last code: smaller ones clip it and
 * are finer for the rest.
 */
const SHARES = [1, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 1.05, 1.1];

/** Inputs in axes [first, first + axes) of a weight, in blocks of `groupSize` at most and of even size, as even as may be. */
export function evenLayout(dims: readonly number[], first: number, axes: number, groupSize: number): BlockLayout {
  const { length, ...around } = inputsOf(dims, first, axes);
  const blocks = Math.ceil(length / groupSize);
  return { ...around, length, blocks, blockSize: 2 * Math.ceil(length / blocks / 2) };
}

/** The same in blocks of exactly `blockSize`. */
export function exactLayout(dims: readonly number[], first: number, axes: number, blockSize: number): BlockLayout {
  const { length, ...around } = inputsOf(dims, first, axes);
  return { ...around, length, blocks: Math.ceil(length / blockSize), blockSize };
}

function inputsOf(
  dims: readonly number[],
  first: number,
  axes: number,
): Pick<BlockLayout, 'outer' | 'length' | 'inner'> {
  return {
    outer: elementCount(dims.slice(0, first)),
    length: elementCount(dims.slice(first, first + axes)),
    inner: elementCount(dims.slice(first + axes)),
  };
}

/**
 * Quantizes to 4 bits by blocks, round to nearest. Per block the scale of least squared error among a few: the value of
 * largest magnitude, with its sign, goes to code 0 (as ONNX Runtime's own 4-bit quantizer does, so that all 16 codes are
 * used), the scale is then fitted to the codes. Scales are float16 values where all of them are normal there.
 */
export function quantizeBlocks(values: Float32Array, layout: BlockLayout): BlockWeight {
  const scales = new Float32Array(layout.outer * layout.blocks * layout.inner);
  const block = new Float32Array(layout.blockSize);
  forEachBlock(layout, (index, start, count) => {
    for (let i = 0; i < count; i++) block[i] = values[start + i * layout.inner] as number;
    scales[index] = bestScale(block, count);
  });
  const rounded = hasFloat16Scales(scales) ? scales.map((scale) => fromFloat16Bits(toFloat16Bits(scale))) : scales;
  const codes = new Uint8Array(layout.outer * layout.blocks * layout.blockSize * layout.inner).fill(ZERO_CODE);
  forEachBlock(layout, (index, start, count, target) => {
    const scale = rounded[index] as number;
    for (let i = 0; i < count; i++) {
      codes[target + i * layout.inner] = codeOf(values[start + i * layout.inner] as number, scale);
    }
  });
  return { ...layout, codes, scales: rounded };
}

/** True where float16 holds every scale to its full precision. */
export function hasFloat16Scales(scales: Float32Array): boolean {
  return scales.every((scale) => scale === 0 || (Math.abs(scale) >= 2 ** -14 && Math.abs(scale) < 65504));
}

type Visit = (index: number, start: number, count: number, target: number) => void;

/** Index of each block's scale, first element and number of elements in the weight, first element in the codes. */
function forEachBlock({ outer, length, inner, blocks, blockSize }: BlockLayout, visit: Visit): void {
  for (let o = 0; o < outer; o++) {
    for (let b = 0; b < blocks; b++) {
      const count = Math.min(blockSize, length - b * blockSize);
      for (let i = 0; i < inner; i++) {
        const start = (o * length + b * blockSize) * inner + i;
        visit((o * blocks + b) * inner + i, start, count, (o * blocks + b) * blockSize * inner + i);
      }
    }
  }
}

function codeOf(value: number, scale: number): number {
  const code = (scale === 0 ? 0 : roundHalfEven(value / scale)) + ZERO_CODE;
  return code < 0 ? 0 : code > MAX_CODE ? MAX_CODE : code;
}

function bestScale(block: Float32Array, count: number): number {
  let largest = 0;
  for (let i = 0; i < count; i++) if (Math.abs(block[i] as number) > Math.abs(largest)) largest = block[i] as number;
  if (largest === 0) return 0;
  let [best, least] = [0, Infinity];
  for (const share of SHARES) {
    const scale = (largest / -ZERO_CODE) * share;
    let [product, power] = [0, 0];
    for (let i = 0; i < count; i++) {
      const code = codeOf(block[i] as number, scale) - ZERO_CODE;
      product += (block[i] as number) * code;
      power += code * code;
    }
    // Σ(w − s·c)² is least at s = Σw·c / Σc², where it is Σw² − (Σw·c)² / Σc².
    const error = power === 0 ? 0 : -(product * product) / power;
    if (power > 0 && error < least) [best, least] = [product / power, error];
  }
  return best;
}
