import { fromFloat16Bits, toFloat16Bits } from '../../base/float16.ts';
import type { Sample } from '../sample.ts';
import type { Transform } from './transform.ts';

const whole = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
};

function castValues(data: Sample['data'], dtype: string): Sample['data'] {
  if (dtype in whole) return Float32Array.from(new whole[dtype as keyof typeof whole](data));
  if (dtype === 'float16') return data.map((value) => fromFloat16Bits(toFloat16Bits(value)));
  if (dtype === 'bool') return data.map((value) => Number(value !== 0));
  return dtype.includes('int') ? data.map(Math.trunc) : data;
}

export const cast: Transform = {
  name: 'Cast',
  help: 'Converts values as NumPy does: fractions are cut off for whole numbers.',
  options: {
    dtype: {
      type: 'string',
      help: 'Type to convert to; the model is fed in its own type in any case.',
      default: 'float32',
      allowed: ['float16', 'float32', 'float64', ...Object.keys(whole), 'int64', 'uint64', 'bool'],
    },
  },
  apply: (sample, { dtype }) => ({
    type: dtype === 'uint8' ? 'uint8' : 'float32',
    dims: sample.dims,
    data: castValues(sample.data, dtype as string),
  }),
};
