import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../../tests/wasm/assemble.mjs';
import { createRng } from '../../base/rng.ts';
import { TensorObserver } from '../observer.ts';
import { CHUNK, sumChannels } from './observe.ts';

function normal(count: number, seed: number): Float32Array {
  const { uniform } = createRng(seed);
  return Float32Array.from({ length: count }, () => uniform() - 0.3);
}

describe('the kernel', () => {
  it('is what its source gives', async () => {
    expect(readFileSync(new URL('observe-wasm.ts', import.meta.url), 'utf8')).toBe(await assemble('observe'));
  });

  it('counts any finite values, whatever their sizes, as arithmetic without rounding does', () => {
    const finite = fc.float({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1, maxLength: 30 }), (values) => {
        const observer = new TensorObserver();
        expect(observer.observe(Float32Array.from(values))).toBe(-1);
        const { min, max, origin, width, counts } = observer.histogram();
        expect([min, max]).toEqual([Math.min(...values) + 0, Math.max(...values) + 0]);
        const expected = new Float64Array(counts.length);
        for (const value of values) {
          const bin = Math.floor(value / width) - origin / width;
          expected[bin] = (expected[bin] as number) + 1;
        }
        expect(counts).toEqual(expected);
      }),
      { numRuns: 150, seed: 1 },
    );
  });

  it.each([0, 1, 2, 3, CHUNK - 1, CHUNK, CHUNK + 1])('names a value that is not finite at %d', (at) => {
    const values = normal(2 * CHUNK, 1);
    values[at] = NaN;
    const observer = new TensorObserver();
    expect(observer.observe(values)).toBe(at);
    expect(observer.histogram().counts.reduce((sum, count) => sum + count, 0)).toBe(at);
    const before = new TensorObserver();
    before.observe(values.subarray(0, at));
    expect(observer.histogram()).toEqual(before.histogram());
  });
});

describe('sumChannels', () => {
  const layouts = [1, 2, 3, 4, 6, 30, 128, CHUNK + 3].flatMap((channels) =>
    [1, 3, 4, 49, CHUNK, CHUNK + 5].map((stride) => [channels, stride] as const),
  );
  it.each(layouts.filter(([channels, stride]) => channels * stride < 2 ** 18))(
    'adds up %d channels, %d neighbours of each',
    (channels, stride) => {
      const values = normal(3 * channels * stride, channels + stride);
      const loudest = new Float32Array(channels).fill(0.25);
      const sums = sumChannels(values, stride, loudest);
      const [expectedLoudest, expected] = [new Float32Array(channels).fill(0.25), new Float64Array(channels)];
      values.forEach((value, i) => {
        const channel = Math.floor(i / stride) % channels;
        expectedLoudest[channel] = Math.max(expectedLoudest[channel] as number, Math.abs(value));
        expected[channel] = (expected[channel] as number) + value;
      });
      expect(loudest).toEqual(expectedLoudest);
      sums.forEach((sum, channel) => expect(sum).toBeCloseTo(expected[channel] as number, 9));
    },
  );
});
