import { describe, expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import { evenLayout, exactLayout, quantizeBlocks, ZERO_CODE, type BlockWeight } from './block-weight.ts';

function normal(count: number, seed = 3): Float32Array {
  const { uniform } = createRng(seed);
  return Float32Array.from({ length: count }, () => uniform() + uniform() + uniform() - 1.5);
}

/** Codes back to values in the layout of the weight. */
function restore({ outer, length, inner, blocks, blockSize, codes, scales }: BlockWeight): Float32Array {
  const out = new Float32Array(outer * length * inner);
  for (let i = 0; i < out.length; i++) {
    const [o, k, n] = [Math.floor(i / (length * inner)), Math.floor(i / inner) % length, i % inner];
    const block = o * blocks + Math.floor(k / blockSize);
    const code = codes[(block * blockSize + (k % blockSize)) * inner + n]! - ZERO_CODE;
    out[i] = code * scales[block * inner + n]!;
  }
  return out;
}

function relativeError(values: Float32Array, restored: Float32Array): number {
  const power = values.reduce((sum, value) => sum + value ** 2, 0);
  return Math.sqrt(values.reduce((sum, value, i) => sum + (value - restored[i]!) ** 2, 0) / power);
}

describe('layouts', () => {
  it('cut the inputs of a matrix, a transposed one and a Conv into even blocks of even size', () => {
    expect(evenLayout([100, 7], 0, 1, 32)).toEqual({ outer: 1, length: 100, inner: 7, blocks: 4, blockSize: 26 });
    expect(evenLayout([7, 96], 1, 1, 32)).toEqual({ outer: 7, length: 96, inner: 1, blocks: 3, blockSize: 32 });
    expect(evenLayout([16, 1, 3, 3], 1, 3, 32)).toEqual({ outer: 16, length: 9, inner: 1, blocks: 1, blockSize: 10 });
  });

  it('keep the block size that a kernel needs', () => {
    expect(exactLayout([100, 7], 0, 1, 32)).toEqual({ outer: 1, length: 100, inner: 7, blocks: 4, blockSize: 32 });
  });
});

describe('quantizeBlocks', () => {
  it.each([
    ['rows', evenLayout([8, 100], 1, 1, 32)],
    ['columns', evenLayout([100, 8], 0, 1, 32)],
    ['exact blocks, padded', exactLayout([2, 50, 8], 1, 1, 16)],
  ])('%s: every value within half a step of its block, but those that are clipped for the rest', (_, layout) => {
    const values = normal(800);
    const restored = restore(quantizeBlocks(values, layout));
    expect(relativeError(values, restored)).toBeLessThan(0.09);
  });

  it('is better than putting the largest value on the last code', () => {
    const values = normal(4096);
    const layout = evenLayout([128, 32], 1, 1, 32);
    const plain = new Float32Array(values.length);
    for (let block = 0; block < 128; block++) {
      const part = values.subarray(block * 32, block * 32 + 32);
      const largest = part.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
      part.forEach((value, i) => {
        const code = Math.min(7, Math.max(-8, Math.round(value / (largest / -8))));
        plain[block * 32 + i] = (code * largest) / -8;
      });
    }
    const ours = relativeError(values, restore(quantizeBlocks(values, layout)));
    expect(ours).toBeLessThan(0.95 * relativeError(values, plain));
  });

  it('holds blocks exactly whose values are whole steps, of any scale, and zeros', () => {
    const steps = Float32Array.from({ length: 64 }, (_, i) => (i < 32 ? (i % 16) - 8 : 0) * 0.25);
    expect(restore(quantizeBlocks(steps, evenLayout([2, 32], 1, 1, 32)))).toEqual(steps);
    const tiny = steps.map((value) => value * 2 ** -30);
    expect(restore(quantizeBlocks(tiny, evenLayout([2, 32], 1, 1, 32)))).toEqual(tiny);
  });
});
