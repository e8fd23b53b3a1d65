import { fromFloat16Bits, toFloat16Bits } from '../base/float16.ts';
import type { Tensor } from '../base/tensor.ts';
import { channelExtremes, channelLayout } from './channels.ts';
import { roundHalfEven } from './numerics.ts';

/** A weight stored in fewer bits; `Cast` and `Mul` in front of its reader give the float weight back when a session is created. */
export type StoredWeight =
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
  if (storage === 'float16') return storeFloat16(values, weight.dims);
  const oneSided = storeOneSided(values, weight.dims, axes.output);
  const axis = axes.input;
  if (axis === null) {
    const limit = storage === 'auto' ? INT8_ERROR_LIMIT : Infinity;
    return worstChannelError(values, oneSided, axes.output) > limit ? storeFloat16(values, weight.dims) : oneSided;
  }
  const worst = (stored: StoredWeight): number =>
    Math.max(worstChannelError(values, stored, axis), worstChannelError(values, stored, axes.output));
  const oneSidedError = worst(oneSided);
  const twoSided = storeTwoSided(values, weight.dims, axes.output, axis);
  const twoSidedError = worst(twoSided);
  const [best, error] =
    oneSidedError <= twoSidedError * ONE_SIDED_MARGIN ? [oneSided, oneSidedError] : [twoSided, twoSidedError];
  return storage === 'auto' && error > INT8_ERROR_LIMIT ? storeFloat16(values, weight.dims) : best;
}

function storeFloat16(values: Float32Array, dims: readonly number[]): StoredWeight {
  return { form: 'float16', bits: Uint16Array.from(values, toFloat16Bits), dims };
}

function storeOneSided(values: Float32Array, dims: readonly number[], axis: number): StoredWeight {
  const layout = channelLayout(dims, axis);
  const { min, max } = channelExtremes(values, layout);
  const scales = Float32Array.from(min, (low, i) => codeScale(Math.max(-low, max[i] as number)));
  return encode(values, dims, [{ axis, scales }]);
}

/**
 * Two factors, one per output and one per input channel: alternately s_in = max|w / s_out|, s_out = max|w / s_in|, so that
 * neither loud inputs nor loud outputs take the codes away from quiet ones.
 */
function storeTwoSided(values: Float32Array, dims: readonly number[], output: number, input: number): StoredWeight {
  const out = channelLayout(dims, output);
  const into = channelLayout(dims, input);
  const magnitudes = pairMagnitudes(values, out, into);
  const outScales = new Float64Array(out.count).fill(1);
  const inScales = new Float64Array(into.count).fill(1);
  for (let round = 0; round < BALANCING_ROUNDS; round++) {
    rescale(magnitudes, inScales, outScales, (i, o) => o * into.count + i);
    rescale(magnitudes, outScales, inScales, (o, i) => o * into.count + i);
  }
  return encode(values, dims, [
    { axis: output, scales: Float32Array.from(outScales, codeScale) },
    { axis: input, scales: Float32Array.from(inScales) },
  ]);
}

/** Sets `own[a] = max over b of magnitudes[index(a, b)] / other[b]`; 1 for a dead channel. */
function rescale(
  magnitudes: Float64Array,
  own: Float64Array,
  other: Float64Array,
  index: (a: number, b: number) => number,
): void {
  for (let a = 0; a < own.length; a++) {
    let largest = 0;
    for (let b = 0; b < other.length; b++) {
      largest = Math.max(largest, (magnitudes[index(a, b)] as number) / (other[b] as number));
    }
    own[a] = largest > 0 ? largest : 1;
  }
}

/** max|w| of each (output, input) pair over the remaining axes, outputs first. */
function pairMagnitudes(
  values: Float32Array,
  out: { count: number; stride: number },
  into: { count: number; stride: number },
): Float64Array {
  const magnitudes = new Float64Array(out.count * into.count);
  for (let i = 0; i < values.length; i++) {
    const o = Math.floor(i / out.stride) % out.count;
    const c = Math.floor(i / into.stride) % into.count;
    const at = o * into.count + c;
    const magnitude = Math.abs(values[i] as number);
    if (magnitude > (magnitudes[at] as number)) magnitudes[at] = magnitude;
  }
  return magnitudes;
}

/** Scale that puts `largest` on the last code; 1 for a dead channel or one whose scale would be no normal float32. */
function codeScale(largest: number): number {
  const scale = Math.fround(largest / MAX_CODE);
  return scale < 2 ** -126 ? 1 : scale;
}

function encode(
  values: Float32Array,
  dims: readonly number[],
  factors: readonly { axis: number; scales: Float32Array }[],
): StoredWeight {
  const codes = new Int8Array(values.length);
  const scaleAt = scaleLookup(dims, factors);
  for (let i = 0; i < values.length; i++) {
    const code = roundHalfEven((values[i] as number) / scaleAt(i));
    codes[i] = Math.max(-MAX_CODE, Math.min(MAX_CODE, code));
  }
  return { form: 'int8', codes, dims, factors };
}

function scaleLookup(
  dims: readonly number[],
  factors: readonly { axis: number; scales: Float32Array }[],
): (index: number) => number {
  const parts = factors.map(({ axis, scales }) => ({ ...channelLayout(dims, axis), scales }));
  return (index) => {
    let scale = 1;
    for (const { stride, count, scales } of parts) scale *= scales[Math.floor(index / stride) % count] as number;
    return scale;
  };
}

/** Largest ‖w − stored‖ / ‖w‖ over the channels of `axis`; dead channels count as exact. */
function worstChannelError(values: Float32Array, stored: StoredWeight, axis: number): number {
  const { count, stride } = channelLayout(stored.dims, axis);
  const error = new Float64Array(count);
  const power = new Float64Array(count);
  const scaleAt = stored.form === 'int8' ? scaleLookup(stored.dims, stored.factors) : () => 1;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const back =
      stored.form === 'int8' ? (stored.codes[i] as number) * scaleAt(i) : fromFloat16Bits(stored.bits[i] as number);
    const channel = Math.floor(i / stride) % count;
    error[channel] = (error[channel] as number) + (value - back) ** 2;
    power[channel] = (power[channel] as number) + value ** 2;
  }
  return Math.sqrt(
    error.reduce((worst, e, i) => ((power[i] as number) > 0 ? Math.max(worst, e / (power[i] as number)) : worst), 0),
  );
}
