import { Fault } from '../base/fault.ts';
import type { Tensor } from '../base/tensor.ts';
import { channelLayout } from './channels.ts';
import type { WeightConfig } from './config.ts';
import { integerRange, quantizationParameters, roundHalfEven } from './numerics.ts';
import { clippedExtremes } from './recipes/weight-clip.ts';
import { channelExtremes, fillCodes } from './simd/weight.ts';

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
  const { min, max } = clip
    ? clippedExtremes(weight.data, layout, codes, symmetric)
    : channelExtremes(weight.data, layout);
  const scales = new Float32Array(layout.count);
  const zeroPoints = new Int32Array(layout.count);
  for (let channel = 0; channel < layout.count; channel++) {
    const low = min[channel] as number;
    const high = max[channel] as number;
    const bound = minScales?.[channel] ?? 0;
    const found = quantizationParameters(low, high, codes, symmetric);
    // A channel without weights may have any scale: the bound keeps its bias, scale 1 would round it away.
    const isDead = Math.max(-low, high) < DEAD;
    scales[channel] = isDead && bound >= DEAD ? bound : Math.max(found.scale, bound);
    zeroPoints[channel] = found.zeroPoint;
  }
  const out = config.dtype === 'int8' ? new Int8Array(weight.data.length) : new Uint8Array(weight.data.length);
  fillCodes(weight.data, new Uint8Array(out.buffer), layout, scales, zeroPoints, codes);
  return { codes: out, dims: weight.dims, scales, zeroPoints, axis };
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
