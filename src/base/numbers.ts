import { fromFloat16Bits } from './float16.ts';
import type { Tensor } from './tensor.ts';

/** The values of a tensor as plain numbers: the data themselves where they are, a copy for float16 and 64-bit integers. */
export function numbersOf({ type, data }: Tensor): ArrayLike<number> {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  return type === 'float16' ? Float32Array.from(data, fromFloat16Bits) : data;
}
