import { lazyKernel } from './kernel.ts';
import { OBSERVE_WASM } from './observe-wasm.ts';

/** Bins on each side of 0. */
export const SIDE_BINS = 4096;
/** Values that are looked at together: what the kernel reads twice stays in the fastest cache. */
export const CHUNK = 2 ** 13;

const TABLE_BYTES = 8 * SIDE_BINS;
const RESULTS = 2 * TABLE_BYTES;
const VALUES = RESULTS + 64;

/** What observe.wat exports. */
interface Kernel {
  readonly memory: WebAssembly.Memory;
  extremes(from: number, count: number): void;
  count(from: number, count: number, perWidth: number): void;
  merge(from: number, end: number): void;
  blocks(
    from: number,
    end: number,
    stride: number,
    left: number,
    channel: number,
    channels: number,
    loudest: number,
    sums: number,
  ): void;
  rows(from: number, end: number, channels: number, loudest: number, sums: number): void;
}

const kernel = lazyKernel<Kernel>(OBSERVE_WASM);

export interface Extremes {
  readonly min: number;
  readonly max: number;
}

/** Loads 1 to `CHUNK` values for `countLoaded`; their extremes, or null where one is NaN or infinite. */
export function loadValues(values: Float32Array): Extremes | null {
  const floats = views().floats;
  const padded = (values.length + 3) & ~3;
  floats.set(values, VALUES / 4);
  floats.fill(values[values.length - 1] as number, VALUES / 4 + values.length, VALUES / 4 + padded);
  kernel().extremes(VALUES, padded);
  let [min, max, odd] = [Infinity, -Infinity, 0];
  for (let lane = RESULTS / 4; lane < RESULTS / 4 + 4; lane++) {
    min = Math.min(min, floats[lane] as number);
    max = Math.max(max, floats[lane + 4] as number);
    odd += floats[lane + 8] as number;
  }
  // Whether -0 or 0 came first must not matter.
  return odd === 0 ? { min: min + 0, max: max + 0 } : null;
}

/** Counts the loaded values, `count` of them, in bins 2^exponent wide (-126 to 126) on both sides of 0; all must fall into one. */
export function countLoaded(count: number, exponent: number): void {
  const padded = (count + 3) & ~3;
  kernel().count(VALUES, padded, 2 ** -exponent);
  if (padded === count) return;
  const { floats, counts } = views();
  const bin = Math.floor((floats[VALUES / 4 + padded - 1] as number) / 2 ** exponent) + SIDE_BINS;
  counts[bin] = (counts[bin] as number) - (padded - count);
}

/** Moves what was counted in bins `from` to `to` into `sums`. Both tables wrap modulo 2^32, so that only their sum counts. */
export function takeCounts(sums: Float64Array, from: number, to: number): void {
  const { counts } = views();
  const [first, last] = [Math.max(0, from), Math.min(to, 2 * SIDE_BINS - 1)];
  if (first > last) return;
  kernel().merge(4 * (first & ~3), 4 * (last + 1));
  for (let bin = first; bin <= last; bin++) {
    const count = counts[bin] as number;
    if (count > 0) sums[bin] = (sums[bin] as number) + count;
  }
  counts.fill(0, first, last + 1);
}

interface Views {
  readonly floats: Float32Array;
  /** Of the first table. */
  readonly counts: Uint32Array;
}

let kept: Views | undefined;

/** Memory that grows leaves views of it empty. */
function views(): Views {
  if (kept === undefined || kept.floats.length === 0) {
    const { buffer } = kernel().memory;
    kept = { floats: new Float32Array(buffer), counts: new Uint32Array(buffer, 0, 2 * SIDE_BINS) };
  }
  return kept;
}

/**
 * Sums (float64) of the channels of one sample; raises `loudest` to their largest magnitudes. Value i belongs to channel
 * floor(i / stride) mod `loudest.length`.
 */
export function sumChannels(values: Float32Array, stride: number, loudest: Float32Array): Float64Array {
  return stride === 1 ? sumRows(values, loudest) : sumBlocks(values, stride, loudest);
}

function sumBlocks(values: Float32Array, stride: number, loudest: Float32Array): Float64Array {
  const channels = loudest.length;
  const memory = reserve(CHUNK, channels);
  for (let start = 0; start < values.length; start += CHUNK) {
    const chunk = values.subarray(start, start + CHUNK);
    memory.values.set(chunk);
    const channel = Math.floor(start / stride) % channels;
    const left = stride - (start % stride);
    const end = VALUES + 4 * chunk.length;
    kernel().blocks(VALUES, end, stride, left, channel, channels, memory.loudest.byteOffset, memory.sums.byteOffset);
  }
  return taken(memory, loudest);
}

/** Rows of a number of channels that is no multiple of four are taken several at a time, then these are added up. */
function sumRows(values: Float32Array, loudest: Float32Array): Float64Array {
  const row = [1, 2, 4].map((rows) => rows * loudest.length).find((length) => length % 4 === 0) as number;
  const chunkLength = Math.max(1, Math.floor(CHUNK / row)) * row;
  const memory = reserve(chunkLength, row);
  for (let start = 0; start < values.length; start += chunkLength) {
    const chunk = values.subarray(start, start + chunkLength);
    const padded = Math.ceil(chunk.length / row) * row;
    memory.values.set(chunk);
    memory.values.fill(0, chunk.length, padded);
    kernel().rows(VALUES, VALUES + 4 * padded, row, memory.loudest.byteOffset, memory.sums.byteOffset);
  }
  return taken(memory, loudest);
}

interface ChannelMemory {
  readonly values: Float32Array;
  readonly loudest: Float32Array;
  readonly sums: Float64Array;
}

/** Room for values and, cleared, for channels behind them. */
function reserve(count: number, channels: number): ChannelMemory {
  const { memory } = kernel();
  const sumsAt = VALUES + 8 * Math.ceil(count / 2);
  const loudestAt = sumsAt + 8 * channels;
  const missing = loudestAt + 4 * channels - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / 2 ** 16));
  const sums = new Float64Array(memory.buffer, sumsAt, channels).fill(0);
  const loudest = new Float32Array(memory.buffer, loudestAt, channels).fill(0);
  return { values: new Float32Array(memory.buffer, VALUES, count), loudest, sums };
}

function taken({ loudest: found, sums: added }: ChannelMemory, loudest: Float32Array): Float64Array {
  const channels = loudest.length;
  const sums = new Float64Array(channels);
  for (let i = 0; i < added.length; i++) {
    const channel = i % channels;
    loudest[channel] = Math.max(loudest[channel] as number, found[i] as number);
    sums[channel] = (sums[channel] as number) + (added[i] as number);
  }
  return sums;
}
