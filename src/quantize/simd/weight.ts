import type { ChannelLayout } from '../channels.ts';
import type { IntegerRange } from '../numerics.ts';
import { lazyKernel } from './kernel.ts';
import { WEIGHT_WASM } from './weight-wasm.ts';

/** Values that are looked at together: they stay in the fastest cache, and memory stays small. */
export const CHUNK = 2 ** 13;
/** Behind the values and what is read past the last of them. */
const TABLES = 4 * CHUNK + 16;

/** What weight.wat exports. */
interface Kernel {
  readonly memory: WebAssembly.Memory;
  blockExtremes(end: number, at: number, span: number, run: number, left: number): void;
  rowExtremes(end: number, at: number, span: number): void;
  blockCodes(end: number, at: number, span: number, run: number, left: number, lowest: number, highest: number): void;
  rowCodes(end: number, at: number, span: number, lowest: number, highest: number): void;
}

const kernel = lazyKernel<Kernel>(WEIGHT_WASM);

/** Smallest and largest value of each channel (Infinity, -Infinity for an empty one). */
export function channelExtremes(values: Float32Array, layout: ChannelLayout): { min: Float64Array; max: Float64Array } {
  const { blockExtremes, rowExtremes } = kernel();
  const tables = reserve(layout);
  const span = tables.first.byteLength;
  tables.first.fill(Infinity);
  tables.second.fill(-Infinity);
  for (let start = 0; start < values.length; start += CHUNK) {
    const count = load(values, start, tables.values);
    const { at, run, left } = position(layout, start, span);
    if (layout.stride > 1) blockExtremes(4 * count, at, span, run, left);
    else rowExtremes(4 * count, at, span);
  }
  const min = new Float64Array(tables.first.subarray(0, layout.count));
  const max = new Float64Array(tables.second.subarray(0, layout.count));
  for (let i = layout.count; i < tables.first.length; i++) {
    const channel = i % layout.count;
    min[channel] = Math.min(min[channel] as number, tables.first[i] as number);
    max[channel] = Math.max(max[channel] as number, tables.second[i] as number);
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
  const { memory, blockCodes, rowCodes } = kernel();
  const tables = reserve(layout);
  const span = tables.first.byteLength;
  for (let at = 0; at < tables.first.length; at += layout.count) {
    tables.first.set(scales, at);
    tables.second.set(zeroPoints, at);
  }
  const codes = new Uint8Array(memory.buffer, 0, CHUNK);
  for (let start = 0; start < values.length; start += CHUNK) {
    const count = load(values, start, tables.values);
    const { at, run, left } = position(layout, start, span);
    if (layout.stride > 1) blockCodes(4 * count, at, span, run, left, min, max);
    else rowCodes(4 * count, at, span, min, max);
    bytes.set(codes.subarray(0, Math.min(CHUNK, values.length - start)), start);
  }
}

interface Heap {
  readonly values: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
}

/** Room for a chunk and two tables. Rows of a number of channels that is no multiple of four are taken several at a time. */
function reserve({ count, stride }: ChannelLayout): Heap {
  const { memory } = kernel();
  const rows = stride > 1 || count % 4 === 0 ? 1 : count % 2 === 0 ? 2 : 4;
  const span = 4 * rows * count;
  const missing = TABLES + 2 * span - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 2 ** 16));
  const view = (from: number, length: number) => new Float32Array(memory.buffer, from, length);
  return { values: view(0, CHUNK), first: view(TABLES, rows * count), second: view(TABLES + span, rows * count) };
}

/** Loads a chunk; returns how many values it has with those behind its end: NaN is neither small nor large. */
function load(values: Float32Array, start: number, heap: Float32Array): number {
  const chunk = values.subarray(start, start + CHUNK);
  const padded = (chunk.length + 3) & ~3;
  heap.set(chunk);
  heap.fill(NaN, chunk.length, padded);
  return padded;
}

/** Where a chunk begins: the place in the tables, and what is left of its channel's `run`, in bytes. */
function position({ count, stride }: ChannelLayout, start: number, span: number) {
  if (stride === 1) return { at: (4 * start) % span, run: 0, left: 0 };
  return { at: 4 * (Math.floor(start / stride) % count), run: 4 * stride, left: 4 * (stride - (start % stride)) };
}
