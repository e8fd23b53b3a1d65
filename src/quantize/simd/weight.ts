import type { ChannelLayout } from '../channels.ts';
import type { IntegerRange } from '../numerics.ts';
import { lazyKernel } from './kernel.ts';
import { WEIGHT_WASM } from './weight-wasm.ts';

/** Values that are looked at together: they stay in the fastest cache, and memory stays small. */
export const CHUNK = 2 ** 13;
/** Where the first table begins: behind the values and what is read past the last of them. */
const FIRST = CHUNK + 4;

/** The shortest period: a channel's place in the tables is written long before it is read again. */
const PERIOD = 32;

/** What weight.wat exports. */
interface Kernel {
  readonly memory: WebAssembly.Memory;
  blockExtremes(end: number, at: number, span: number, run: number, left: number): void;
  rowExtremes(end: number, at: number, span: number, period: number): void;
  blockCodes(end: number, at: number, span: number, run: number, left: number, lowest: number, highest: number): void;
  rowCodes(end: number, at: number, span: number, period: number, lowest: number, highest: number): void;
}

const kernel = lazyKernel<Kernel>(WEIGHT_WASM);

/** Smallest and largest value of each channel (Infinity, -Infinity for an empty one). */
export function channelExtremes(values: Float32Array, layout: ChannelLayout): { min: Float64Array; max: Float64Array } {
  const { count, stride } = layout;
  const { blockExtremes, rowExtremes } = kernel();
  const { floats, period, size } = reserve(layout);
  const second = FIRST + size;
  floats.fill(Infinity, FIRST, second);
  floats.fill(-Infinity, second, second + size);
  for (let start = 0; start < values.length; start += CHUNK) {
    const end = load(values, start, floats);
    if (stride === 1) rowExtremes(end, 4 * (start % period), 4 * size, 4 * period);
    else blockExtremes(end, 4 * channelAt(start, layout), 4 * size, 4 * stride, 4 * (stride - (start % stride)));
  }
  const min = new Float64Array(floats.subarray(FIRST, FIRST + count));
  const max = new Float64Array(floats.subarray(second, second + count));
  for (let i = count; i < size; i++) {
    const channel = i % count;
    min[channel] = Math.min(min[channel] as number, floats[FIRST + i] as number);
    max[channel] = Math.max(max[channel] as number, floats[second + i] as number);
  }
  return { min, max };
}

/**
 * Codes of ONNX's QuantizeLinear as bytes, a scale and a zero point per channel; those of int8 are the two's complement that an array of
 * int8 shares its memory for. NaN has code 0.
 */
export function fillCodes(
  values: Float32Array,
  bytes: Uint8Array,
  layout: ChannelLayout,
  scales: Float32Array,
  zeroPoints: Int32Array,
  { min, max }: IntegerRange,
): void {
  const { count, stride } = layout;
  const { blockCodes, rowCodes } = kernel();
  const { floats, codes, period, size } = reserve(layout);
  const second = FIRST + size;
  floats.set(scales, FIRST);
  floats.set(zeroPoints, second);
  for (let i = count; i < size; i++) {
    floats[FIRST + i] = floats[FIRST + i - count] as number;
    floats[second + i] = floats[second + i - count] as number;
  }
  for (let start = 0; start < values.length; start += CHUNK) {
    const end = load(values, start, floats);
    if (stride === 1) rowCodes(end, 4 * (start % period), 4 * size, 4 * period, min, max);
    else blockCodes(end, 4 * channelAt(start, layout), 4 * size, 4 * stride, 4 * (stride - (start % stride)), min, max);
    bytes.set(codes.subarray(0, values.length - start), start);
  }
}

function channelAt(index: number, { count, stride }: ChannelLayout): number {
  return Math.floor(index / stride) % count;
}

/** Loads a chunk; returns where it ends, with what fills the last four: NaN is neither small nor large. */
function load(values: Float32Array, start: number, floats: Float32Array): number {
  const chunk = values.subarray(start, start + CHUNK);
  const padded = (chunk.length + 3) & ~3;
  floats.set(chunk);
  floats.fill(NaN, chunk.length, padded);
  return 4 * padded;
}

/** The kernel's memory, as floats and (those of a chunk) as codes. */
interface Heap {
  readonly floats: Float32Array;
  readonly codes: Uint8Array;
}

let heap: Heap | undefined;

/** Room for a chunk and two tables of `size` floats. Rows have their channels anew every `period`, and three more for the last four. */
function reserve({ count, stride }: ChannelLayout) {
  const { memory } = kernel();
  const period = stride === 1 ? count * Math.ceil(PERIOD / Math.max(1, count)) : count;
  const size = stride === 1 ? period + 3 : count;
  const missing = 4 * (FIRST + 2 * size) - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 2 ** 16));
  // Memory that grows leaves views of it empty.
  if (heap === undefined || heap.floats.length === 0) {
    heap = { floats: new Float32Array(memory.buffer), codes: new Uint8Array(memory.buffer, 0, CHUNK) };
  }
  return { floats: heap.floats, codes: heap.codes, period, size };
}
