import { Fault } from '../base/fault.ts';
import type { Tensor } from '../base/tensor.ts';
import { channelExtremes, channelLayout, channelMagnitudes, forEachRun, type ChannelLayout } from './channels.ts';
import type { WeightConfig } from './config.ts';
import {
  clampedRound,
  integerRange,
  quantizationParameters,
  roundedByte,
  roundHalfEven,
  type IntegerRange,
} from './numerics.ts';
import { clippedExtremes } from './recipes/weight-clip.ts';

/** Weights below have no scale that is a normal float32: they are 0. */
const DEAD = 2 ** -126;

/** A weight in 8 bits: codes in the layout of the float tensor, one scale and zero point per channel (or one for all). */
export interface QuantizedWeight {
  readonly codes: Int8Array | Uint8Array;
  readonly dims: readonly number[];
  readonly scales: Float32Array;
  readonly zeroPoints: Int32Array;
  /** Channel axis; null per tensor. */
  readonly axis: number | null;
}

/**
 * Quantizes a float32 weight by its own extremes. `axis` null: per tensor. `minScales`: lower bounds per channel, from the
 * bias guard. `clip`: by least squared error instead. Per-channel weights are always symmetric, as in ONNX Runtime.
 */
export function quantizeWeight(
  weight: Tensor,
  config: WeightConfig,
  axis: number | null,
  minScales?: Float64Array,
  clip = false,
): QuantizedWeight {
  if (!(weight.data instanceof Float32Array)) {
    throw new Fault('internal', { message: `A weight of type ${weight.type} cannot be quantized to 8 bits` });
  }
  const layout = channelLayout(weight.dims, axis);
  const symmetric = config.scheme === 'sym' || axis !== null;
  const codes = integerRange(config.dtype, symmetric, config.bit === 7);
  const isEven = symmetric && codes.min === -codes.max && !clip;
  const { min, max } = clip
    ? clippedExtremes(weight.data, layout, codes, symmetric)
    : isEven
      ? evenExtremes(weight.data, layout)
      : channelExtremes(weight.data, layout);
  const scales = new Float32Array(layout.count);
  const zeroPoints = new Int32Array(layout.count);
  for (let channel = 0; channel < layout.count; channel++) {
    const [low, high, bound] = [min[channel] as number, max[channel] as number, minScales?.[channel] ?? 0];
    const found = quantizationParameters(low, high, codes, symmetric);
    // A channel without weights may have any scale: the bound keeps its bias, scale 1 would round it away.
    const isDead = Math.max(-low, high) < DEAD;
    scales[channel] = isDead && bound > 0 ? bound : Math.max(found.scale, bound);
    zeroPoints[channel] = found.zeroPoint;
  }
  const out = config.dtype === 'int8' ? new Int8Array(weight.data.length) : new Uint8Array(weight.data.length);
  const bytes = new Uint8Array(out.buffer);
  // Where what is largest has the last code, none needs to be clamped; the scale of a dead channel may be too small for that.
  const fits = isEven && scales.every((scale, channel) => (max[channel] as number) / scale < codes.max + 0.5);
  if (fits) fillEvenCodes(weight.data, bytes, layout, scales);
  else fillCodes(weight.data, bytes, layout, scales, zeroPoints, codes);
  return { codes: out, dims: weight.dims, scales, zeroPoints, axis };
}

function evenExtremes(values: Float32Array, layout: ChannelLayout): ReturnType<typeof channelExtremes> {
  const max = channelMagnitudes(values, layout);
  return { min: max.map((magnitude) => -magnitude), max };
}

/** Writes the codes as bytes: those of int8 are the two's complement that the array of int8 shares its memory for. */
function fillCodes(
  values: Float32Array,
  bytes: Uint8Array,
  layout: ChannelLayout,
  scales: Float32Array,
  zeroPoints: Int32Array,
  codes: IntegerRange,
): void {
  forEachRun(values.length, layout, (channel, start, end, step) => {
    const scale = scales[channel] as number;
    const zeroPoint = zeroPoints[channel] as number;
    const lowest = codes.min - zeroPoint;
    const highest = codes.max - zeroPoint;
    for (let i = start; i < end; i += step) {
      bytes[i] = clampedRound(Math.fround((values[i] as number) / scale), lowest, highest) + zeroPoint;
    }
  });
}

/** The same where no code needs to be clamped and the zero point is 0: in half the time. */
function fillEvenCodes(values: Float32Array, bytes: Uint8Array, layout: ChannelLayout, scales: Float32Array): void {
  forEachRun(values.length, layout, (channel, start, end, step) =>
    fillEvenRun(values, bytes, 1 / (scales[channel] as number), start, end, step),
  );
}

/**
 * Four at a time: the loop would take as long as what it does. `inverse`: 1 / scale in float64. Rounded to float32 the product is what the
 * quotient is: that lies 2^-49 of itself or more from where rounding changes, as both are float32, and the product within 2^-52.
 */
function fillEvenRun(
  values: Float32Array,
  bytes: Uint8Array,
  inverse: number,
  start: number,
  end: number,
  step: number,
): void {
  let i = start;
  for (const last = end - 3 * step; i < last; i += step) {
    bytes[i] = roundedByte(Math.fround((values[i] as number) * inverse));
    i += step;
    bytes[i] = roundedByte(Math.fround((values[i] as number) * inverse));
    i += step;
    bytes[i] = roundedByte(Math.fround((values[i] as number) * inverse));
    i += step;
    bytes[i] = roundedByte(Math.fround((values[i] as number) * inverse));
  }
  for (; i < end; i += step) bytes[i] = roundedByte(Math.fround((values[i] as number) * inverse));
}

/** (2^31 − 1) − (−2^31 + 1): the codes of an int32 bias. */
const BIAS_CODES = 2 ** 32 - 2;
const GUARD = 1.0001;

/**
 * Weight scales at which no int32 bias overflows, |b| · 2 · 1.0001 / (2^32 − 2) ≤ s_x · s_w, per channel or one for all, given
 * the scales that the weights have by themselves; in the precision of onnxruntime.quantization,
 * _adjust_weight_scale_for_int32_bias. Channels that need more than they have are nearly dead: a larger scale loses nothing.
 */
export function biasGuard(bias: Float32Array, inputScale: number, scales: Float32Array): Float64Array {
  const perTensor = scales.length === 1;
  const bounds = new Float64Array(scales.length);
  for (let i = 0; i < bias.length; i++) {
    const channel = perTensor ? 0 : i;
    const width = 2 * Math.abs(bias[i] as number);
    const smallest = (perTensor ? GUARD * width : Math.fround(Math.fround(GUARD) * width)) / BIAS_CODES;
    const scale = scales[channel] as number;
    bounds[channel] = Math.max(bounds[channel] as number, scale * (smallest / (inputScale * scale)));
  }
  return bounds;
}

export interface QuantizedBias {
  readonly codes: Int32Array;
  /** s_x · s_w as float32, per channel or one for all. */
  readonly scales: Float32Array;
}

/** Bias as int32 with zero point 0 and scale s_x · s_w. */
export function quantizeBias(bias: Float32Array, inputScale: number, weightScales: Float32Array): QuantizedBias {
  const scales = weightScales.map((scale) => Math.fround(inputScale * scale));
  const codes = new Int32Array(bias.length);
  for (let i = 0; i < bias.length; i++) {
    const scale = scales[scales.length === 1 ? 0 : i] as number;
    codes[i] = Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, roundHalfEven((bias[i] as number) / scale)));
  }
  return { codes, scales };
}
