import { toFloat16Bits } from '../base/float16.ts';
import { numbersOf } from '../base/numbers.ts';
import { allocate, type Tensor, type TensorData, type TensorType } from '../base/tensor.ts';
import type { Sample } from './sample.ts';

const FLOATS: readonly TensorType[] = ['float16', 'float32', 'float64'];
/** Integers small enough to be exact in any float of 32 bits. */
const SMALL_INTEGERS: readonly TensorType[] = ['bool', 'uint8', 'int8', 'uint16', 'int16'];

export function isFloat(type: TensorType): boolean {
  return FLOATS.includes(type);
}

/** Whether values of one type may stand for the other: floats among themselves, integers likewise, small integers as floats. */
export function isCastable(from: TensorType, to: TensorType): boolean {
  if (isFloat(from)) return isFloat(to);
  return !isFloat(to) || SMALL_INTEGERS.includes(from);
}

/** A value that the wanted type cannot hold. */
export interface CastOverflow {
  readonly index: number;
  readonly value: string;
}

function integerLimits(type: TensorType): readonly [bigint, bigint] {
  if (type === 'bool') return [0n, 1n];
  const bits = BigInt(type.replace(/\D/g, ''));
  return type.startsWith('u') ? [0n, 2n ** bits - 1n] : [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
}

function castIntegers(tensor: Tensor, to: TensorType): TensorData | CastOverflow {
  const out = allocate(to, tensor.data.length);
  const [low, high] = integerLimits(to);
  const wide = out instanceof BigInt64Array || out instanceof BigUint64Array;
  for (let index = 0; index < out.length; index++) {
    const value = tensor.data[index] ?? 0;
    if (value < low || value > high) return { index, value: String(value) };
    if (wide) out[index] = BigInt(value);
    else out[index] = Number(value);
  }
  return out;
}

/** The data of a tensor as `to`; `isCastable` must hold. Integers that do not fit are reported, not wrapped. */
export function castData(tensor: Tensor, to: TensorType): TensorData | CastOverflow {
  if (tensor.type === to) return tensor.data;
  if (!isFloat(to)) return castIntegers(tensor, to);
  const values = numbersOf(tensor);
  if (to === 'float16') return Uint16Array.from(values, toFloat16Bits);
  return to === 'float32' ? Float32Array.from(values) : Float64Array.from(values);
}

/** Values of a transformed sample as `to`: integers are rounded to the nearest and limited to what the type holds. */
export function castSample(values: Sample['data'], to: TensorType): TensorData {
  if (isFloat(to)) return castData({ type: 'float32', dims: [values.length], data: values }, to) as TensorData;
  const [low, high] = integerLimits(to).map(Number) as [number, number];
  const out = allocate(to, values.length);
  const wide = out instanceof BigInt64Array || out instanceof BigUint64Array;
  for (let i = 0; i < values.length; i++) {
    const value = Math.min(high, Math.max(low, Math.round(values[i] ?? 0)));
    if (wide) out[i] = BigInt(value);
    else out[i] = value;
  }
  return out;
}
