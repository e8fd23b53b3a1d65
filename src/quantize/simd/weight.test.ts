import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assemble } from '../../../tests/wasm/assemble.mjs';
import { createRng } from '../../base/rng.ts';
import type { ChannelLayout } from '../channels.ts';
import { integerRange, quantizeValue, type IntegerRange } from '../numerics.ts';
import { channelExtremes, CHUNK, fillCodes } from './weight.ts';

const channelOf = (i: number, { count, stride }: ChannelLayout) => Math.floor(i / stride) % count;

function expectExtremes(values: Float32Array, layout: ChannelLayout): void {
  const min = new Float64Array(layout.count).fill(Infinity);
  const max = new Float64Array(layout.count).fill(-Infinity);
  values.forEach((value, i) => {
    const channel = channelOf(i, layout);
    if (value < (min[channel] as number)) min[channel] = value;
    if (value > (max[channel] as number)) max[channel] = value;
  });
  const found = channelExtremes(values, layout);
  // Which of 0 and -0 is taken makes no difference to a scale.
  expect(found.min.map((value) => value + 0)).toEqual(min.map((value) => value + 0));
  expect(found.max.map((value) => value + 0)).toEqual(max.map((value) => value + 0));
}

function expectCodes(
  values: Float32Array,
  layout: ChannelLayout,
  scales: Float32Array,
  zeroPoints: Int32Array,
  codes: IntegerRange,
): void {
  const bytes = new Uint8Array(values.length);
  fillCodes(values, bytes, layout, scales, zeroPoints, codes);
  const wrong = values.findIndex((value, i) => {
    const channel = channelOf(i, layout);
    const parameters = { scale: scales[channel] as number, zeroPoint: zeroPoints[channel] as number };
    return bytes[i] !== Uint8Array.of(quantizeValue(value, parameters, codes))[0];
  });
  expect(wrong).toBe(-1);
}

const ranges = (['int8', 'uint8'] as const).flatMap((type) => [
  integerRange(type),
  integerRange(type, true),
  integerRange(type, true, true),
]);

/** Scales of any size, zero points within the codes, and values of which many lie at ties, next to them and outside the range. */
function quantized(values: Float32Array, layout: ChannelLayout, codes: IntegerRange, seed: number) {
  const { uniform, below } = createRng(seed);
  const scales = Float32Array.from({ length: layout.count }, () => (uniform() + 0.5) * 2 ** (below(40) - 30));
  const zeroPoints = Int32Array.from(scales, () => codes.min + below(codes.max - codes.min + 1));
  values.forEach((_, i) => {
    const scale = scales[channelOf(i, layout)] as number;
    values[i] = (below(700) - 350 + (below(2) === 0 ? 0.5 : uniform())) * scale;
  });
  const bits = new Int32Array(values.buffer);
  bits.forEach((bit, i) => (bits[i] = bit + below(3) - 1));
  return { scales, zeroPoints };
}

function expectAll(layout: ChannelLayout, length: number, seed: number): void {
  const codes = ranges[seed % ranges.length] as IntegerRange;
  const values = new Float32Array(length);
  const { scales, zeroPoints } = quantized(values, layout, codes, seed);
  expectExtremes(values, layout);
  expectCodes(values, layout, scales, zeroPoints, codes);
}

describe('the kernel', () => {
  it('is what its source gives', async () => {
    expect(readFileSync(new URL('weight-wasm.ts', import.meta.url), 'utf8')).toBe(await assemble('weight'));
  });

  it('does to weights of any shape what plain arithmetic does', () => {
    const channels = fc.integer({ min: 1, max: 40 });
    const side = fc.integer({ min: 1, max: 21 });
    fc.assert(
      fc.property(channels, side, side, fc.nat(), (count, stride, outer, seed) =>
        expectAll({ count, stride }, count * stride * outer, seed),
      ),
      { numRuns: 400, seed: 1 },
    );
  });

  const layouts = [1, 2, 3, 6, 128, 4097, CHUNK + 3].flatMap((count) =>
    [1, 3, 4, 49, CHUNK, CHUNK + 5].map((stride): [number, number] => [count, stride]),
  );
  it.each(layouts.filter(([count, stride]) => count * stride < 2 ** 16))(
    'goes on where a chunk ends: %d channels, %d neighbours of each',
    (count, stride) => {
      const block = count * stride;
      const outer = Math.max(2, Math.ceil((1.5 * CHUNK) / block));
      expectAll({ count, stride }, outer * block, count + stride);
    },
  );

  it.each([CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK])('takes all of %d values, and no more', (length) => {
    expectAll({ count: 1, stride: 3 * CHUNK }, 3 * CHUNK, 1);
    expectAll({ count: 1, stride: length }, length, 2);
    expectAll({ count: 1, stride: 1 }, length, 3);
  });

  it('takes any float32 for what it is, infinities and NaN included', () => {
    const float = fc.float();
    const scale = fc.float({ min: 2 ** -149, noNaN: true });
    fc.assert(
      fc.property(fc.array(float, { minLength: 1, maxLength: 30 }), scale, fc.nat(255), (list, step, zeroPoint) => {
        const values = Float32Array.from(list);
        const codes = integerRange('uint8');
        for (const layout of [
          { count: 1, stride: values.length },
          { count: values.length, stride: 1 },
        ]) {
          expectExtremes(values, layout);
          const scales = new Float32Array(layout.count).fill(step);
          expectCodes(values, layout, scales, new Int32Array(layout.count).fill(zeroPoint), codes);
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });

  it('gives channels without values no extremes', () => {
    expect(channelExtremes(new Float32Array(0), { count: 2, stride: 3 })).toEqual({
      min: Float64Array.of(Infinity, Infinity),
      max: Float64Array.of(-Infinity, -Infinity),
    });
    expect(channelExtremes(new Float32Array(0), { count: 0, stride: 1 }).min).toHaveLength(0);
  });
});
