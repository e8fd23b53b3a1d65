import { describe, expect, it } from 'vitest';
import { fromFloat16Bits } from '../base/float16.ts';
import { createRng } from '../base/rng.ts';
import type { Tensor } from '../base/tensor.ts';
import { channelLayout } from './channels.ts';
import { storeWeight, type StoredWeight } from './weight-storage.ts';

const axes = { output: 0, input: 1 };

/** Random weights whose rows and columns are scaled by the given factors. */
function weight(rows: readonly number[], columns: readonly number[]): Tensor {
  const { uniform } = createRng(11);
  const data = Float32Array.from(rows.flatMap((row) => columns.map((column) => (uniform() * 2 - 1) * row * column)));
  return { type: 'float32', dims: [rows.length, columns.length], data };
}

/** What Cast and Mul give back. */
function restore(stored: StoredWeight): Float32Array {
  if (stored.form === 'float16') return Float32Array.from(stored.bits, fromFloat16Bits);
  if (stored.form === 'int4') throw new Error('storeWeight never takes 4 bits');
  return Float32Array.from(stored.codes, (code, i) =>
    stored.factors.reduce((value, { axis, scales }) => {
      const { count, stride } = channelLayout(stored.dims, axis);
      return value * scales[Math.floor(i / stride) % count]!;
    }, code),
  );
}

/** Largest relative error of any row or column. */
function worstError({ dims, data }: Tensor, stored: StoredWeight): number {
  const back = restore(stored);
  const errors = [0, 1].flatMap((axis) => {
    const { count, stride } = channelLayout(dims, axis);
    return Array.from({ length: count }, (_, channel) => {
      let [error, power] = [0, 0];
      data.forEach((value, i) => {
        if (Math.floor(i / stride) % count !== channel) return;
        error += (Number(value) - back[i]!) ** 2;
        power += Number(value) ** 2;
      });
      return power === 0 ? 0 : Math.sqrt(error / power);
    });
  });
  return Math.max(...errors);
}

const even = Array.from({ length: 32 }, () => 1);
const uneven = even.map((_, i) => 2 ** ((i % 11) - 5));

describe('storeWeight', () => {
  it('needs one factor where channels are alike', () => {
    const tensor = weight(uneven, even);
    const stored = storeWeight(tensor, axes, 'auto');
    expect(stored.form === 'int8' && stored.factors.length).toBe(1);
    expect(worstError(tensor, stored)).toBeLessThan(0.02);
  });

  it('takes a second factor where input channels differ', () => {
    const tensor = weight(uneven, uneven);
    const stored = storeWeight(tensor, axes, 'auto');
    expect(stored.form === 'int8' && stored.factors.map(({ axis }) => axis)).toEqual([0, 1]);
    expect(worstError(tensor, stored)).toBeLessThan(0.03);
  });

  it('takes float16 where no two factors help', () => {
    const tensor = weight(even, even);
    tensor.data[5 * 32 + 7] = 500;
    tensor.data[6 * 32 + 7] = 500;
    tensor.data[5 * 32 + 8] = 500;
    expect(storeWeight(tensor, axes, 'auto').form).toBe('float16');
    expect(storeWeight(tensor, axes, 'int8').form).toBe('int8');
  });

  it('keeps dead channels dead', () => {
    const tensor = weight([0, ...even], [0, ...even]);
    const back = restore(storeWeight(tensor, axes, 'auto'));
    expect(back.every(Number.isFinite)).toBe(true);
    expect(back.slice(0, 33).every((value) => value === 0)).toBe(true);
  });
});
