import { toFloat16Bits } from '../base/float16.ts';
import { elementCount, type Tensor } from '../base/tensor.ts';
import type { BlockWeight } from './block-weight.ts';
import { channelLayout } from './channels.ts';
import { roundHalfEven } from './numerics.ts';

/** A weight stored in fewer bits; nodes in front of its reader give the float weight back when a session is created. */
export type StoredWeight =
  | { readonly form: 'int4'; readonly weight: BlockWeight; readonly dims: readonly number[] }
  | { readonly form: 'float16'; readonly bits: Uint16Array; readonly dims: readonly number[] }
  | {
      readonly form: 'int8';
      readonly codes: Int8Array;
      readonly dims: readonly number[];
      /** Factors that broadcast along one axis each; the weight is codes × all of them. */
      readonly factors: readonly { readonly axis: number; readonly scales: Float32Array }[];
    };

/** Axes of a weight: outputs of the layer, and inputs where a second scale makes sense. */
export interface WeightAxes {
  readonly output: number;
  readonly input: number | null;
}

/** Rounds of the alternating fit; the scales have settled long before. */
const BALANCING_ROUNDS = 20;
const MAX_CODE = 127;
/** Above this relative error of its worst channel int8 storage is taken to hurt and float16 is stored. */
const INT8_ERROR_LIMIT = 0.08;
/** How much worse, in its worst channel, the one-sided form may be before the second factor is worth its bytes. */
const ONE_SIDED_MARGIN = 1.2;

/** `auto`: int8 with one factor, with two, or float16, by the error that each makes in the worst channel of either axis. */
export function storeWeight(weight: Tensor, axes: WeightAxes, storage: 'auto' | 'int8' | 'float16'): StoredWeight {
  const values = weight.data as Float32Array;
  const { dims } = weight;
  if (storage === 'float16') return storeFloat16(values, dims);
  const output = channelsAlong(dims, axes.output);
  const input = axes.input === null ? null : channelsAlong(dims, axes.input);
  const forms = [encode(values, [oneSided(values, output)])];
  if (input) forms.push(encode(values, twoSided(values, output, input)));
  const errors = forms.map((form) => worstError(values, form, [output, ...(input ? [input] : [])]));
  const best = forms.length === 2 && (errors[0] as number) > (errors[1] as number) * ONE_SIDED_MARGIN ? 1 : 0;
  if (storage === 'auto' && (errors[best] as number) > INT8_ERROR_LIMIT) return storeFloat16(values, dims);
  const { codes, factors } = forms[best] as Encoded;
  return {
    form: 'int8',
    codes,
    dims,
    factors: factors.map(({ channels, scales }) => ({ axis: channels.axis, scales })),
  };
}

/** Channel number of every element along an axis: a table, since dividing per element costs more than reading it. */
interface Channels {
  readonly axis: number;
  readonly count: number;
  readonly of: Uint32Array;
}

interface Factor {
  readonly channels: Channels;
  readonly scales: Float32Array;
}

interface Encoded {
  readonly codes: Int8Array;
  readonly factors: readonly Factor[];
}

function channelsAlong(dims: readonly number[], axis: number): Channels {
  const { count, stride } = channelLayout(dims, axis);
  const of = new Uint32Array(elementCount(dims));
  for (let start = 0, channel = 0; start < of.length; start += stride, channel = (channel + 1) % count) {
    of.fill(channel, start, start + stride);
  }
  return { axis, count, of };
}

function storeFloat16(values: Float32Array, dims: readonly number[]): StoredWeight {
  return { form: 'float16', bits: Uint16Array.from(values, toFloat16Bits), dims };
}

function oneSided(values: Float32Array, channels: Channels): Factor {
  const largest = new Float64Array(channels.count);
  for (let i = 0; i < values.length; i++) {
    const channel = channels.of[i] as number;
    const magnitude = Math.abs(values[i] as number);
    if (magnitude > (largest[channel] as number)) largest[channel] = magnitude;
  }
  return { channels, scales: Float32Array.from(largest, codeScale) };
}

/**
 * Two factors, one per output and one per input channel: alternately s_in = max|w / s_out|, s_out = max|w / s_in|, so that
 * neither loud inputs nor loud outputs take the codes away from quiet ones.
 */
function twoSided(values: Float32Array, output: Channels, input: Channels): Factor[] {
  const magnitudes = pairMagnitudes(values, output, input);
  const outScales = new Float64Array(output.count).fill(1);
  const inScales = new Float64Array(input.count).fill(1);
  for (let round = 0; round < BALANCING_ROUNDS; round++) {
    rescaleInputs(magnitudes, inScales, outScales);
    rescaleOutputs(magnitudes, inScales, outScales);
  }
  return [
    { channels: output, scales: Float32Array.from(outScales, codeScale) },
    { channels: input, scales: Float32Array.from(inScales) },
  ];
}

/** max|w| of each (output, input) pair over the remaining axes; rows are outputs. */
function pairMagnitudes(values: Float32Array, output: Channels, input: Channels): Float64Array {
  const magnitudes = new Float64Array(output.count * input.count);
  for (let i = 0; i < values.length; i++) {
    const at = (output.of[i] as number) * input.count + (input.of[i] as number);
    const magnitude = Math.abs(values[i] as number);
    if (magnitude > (magnitudes[at] as number)) magnitudes[at] = magnitude;
  }
  return magnitudes;
}

function rescaleInputs(magnitudes: Float64Array, inScales: Float64Array, outScales: Float64Array): void {
  inScales.fill(0);
  for (let o = 0, at = 0; o < outScales.length; o++) {
    const perOutput = 1 / (outScales[o] as number);
    for (let i = 0; i < inScales.length; i++, at++) {
      const share = (magnitudes[at] as number) * perOutput;
      if (share > (inScales[i] as number)) inScales[i] = share;
    }
  }
  // A dead channel may have any scale.
  for (let i = 0; i < inScales.length; i++) if (inScales[i] === 0) inScales[i] = 1;
}

function rescaleOutputs(magnitudes: Float64Array, inScales: Float64Array, outScales: Float64Array): void {
  const perInput = inScales.map((scale) => 1 / scale);
  for (let o = 0, at = 0; o < outScales.length; o++) {
    let largest = 0;
    for (let i = 0; i < perInput.length; i++, at++) {
      const share = (magnitudes[at] as number) * (perInput[i] as number);
      if (share > largest) largest = share;
    }
    outScales[o] = largest > 0 ? largest : 1;
  }
}

/** Scale that puts `largest` on the last code; 1 for a dead channel or one whose scale would be no normal float32. */
function codeScale(largest: number): number {
  const scale = Math.fround(largest / MAX_CODE);
  return scale < 2 ** -126 ? 1 : scale;
}

function encode(values: Float32Array, factors: readonly Factor[]): Encoded {
  const codes = new Int8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const code = roundHalfEven((values[i] as number) / scaleAt(factors, i));
    codes[i] = code > MAX_CODE ? MAX_CODE : code < -MAX_CODE ? -MAX_CODE : code;
  }
  return { codes, factors };
}

function scaleAt(factors: readonly Factor[], i: number): number {
  const [first, second] = factors as [Factor, Factor?];
  const scale = first.scales[first.channels.of[i] as number] as number;
  return second ? scale * (second.scales[second.channels.of[i] as number] as number) : scale;
}

/** Largest ‖w − stored‖ / ‖w‖ over the channels of the given axes; dead channels count as exact. */
function worstError(values: Float32Array, { codes, factors }: Encoded, axes: readonly Channels[]): number {
  const sums = axes.map(({ count }) => ({ error: new Float64Array(count), power: new Float64Array(count) }));
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const difference = value - (codes[i] as number) * scaleAt(factors, i);
    for (let a = 0; a < axes.length; a++) {
      const channel = (axes[a] as Channels).of[i] as number;
      const { error, power } = sums[a] as (typeof sums)[number];
      error[channel] = (error[channel] as number) + difference * difference;
      power[channel] = (power[channel] as number) + value * value;
    }
  }
  let worst = 0;
  for (const { error, power } of sums) {
    error.forEach((sum, channel) => {
      if ((power[channel] as number) > 0) worst = Math.max(worst, sum / (power[channel] as number));
    });
  }
  return Math.sqrt(worst);
}
