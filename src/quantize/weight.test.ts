import { describe, expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import { elementCount } from '../base/tensor.ts';
import { channelLayout } from './channels.ts';
import { integerRange, quantizationParameters, quantizeValue } from './numerics.ts';
import { biasGuard, quantizeBias, quantizeWeight } from './weight.ts';

const config = { dtype: 'int8', scheme: 'sym', granularity: 'per_channel', algorithm: 'minmax' } as const;

/** A weight whose quotients lie at, just below and just above the ties of rounding, and in most channels at the last code. */
function atTies(count: number, seed: number): Float32Array {
  const rng = createRng(seed);
  const largest = Math.fround(rng.uniform() + 0.5);
  const scale = quantizationParameters(-largest, largest, integerRange('int8', true), true).scale;
  const values = Float32Array.from({ length: count }, () => (rng.below(254) - 126.5) * scale);
  const bits = new Int32Array(values.buffer);
  for (let i = 0; i < count; i++) bits[i] = (bits[i] as number) + (i % 3) - 1;
  return values.map((value) => (rng.below(3) === 0 ? largest : value));
}

describe('quantizeWeight', () => {
  it.each(['int8', 'uint8'] as const)('gives every value the %s code that QuantizeLinear would give it', (dtype) => {
    for (let seed = 0; seed < 200; seed++) {
      const dims = [1 + (seed % 7), 1 + (seed % 11), 3];
      const weight = { type: 'float32', dims, data: atTies(elementCount(dims), seed) } as const;
      for (const axis of [null, 0, 1, 2]) {
        const { codes, scales, zeroPoints } = quantizeWeight(weight, { ...config, dtype }, axis);
        const { count, stride } = channelLayout(dims, axis);
        const expected = Array.from(weight.data, (value, i) => {
          const channel = Math.floor(i / stride) % count;
          const parameters = { scale: scales[channel] as number, zeroPoint: zeroPoints[channel] as number };
          return quantizeValue(value, parameters, integerRange(dtype, true));
        });
        expect([...codes].map((code) => code + 0)).toEqual(expected.map((code) => code + 0));
      }
    }
  });

  it('gives a dead channel no scale that is 0 or hardly a number, whatever its bias asks for', () => {
    const weight = { type: 'float32', dims: [2, 2], data: Float32Array.of(1e-39, -1e-39, 1, -1) } as const;
    for (const bound of [1e-60, 1e-44, 1e-39]) {
      const { codes, scales } = quantizeWeight(weight, config, 0, Float64Array.of(bound, 0));
      expect([...codes].map((code) => code + 0)).toEqual([0, 0, 127, -127]);
      expect(scales[0]).toBeGreaterThanOrEqual(2 ** -126);
    }
  });

  it('gives each channel of any axis its own scale', () => {
    const weight = { type: 'float32', dims: [2, 3], data: Float32Array.of(1.27, -0.5, 0, 12.7, 5, -1) } as const;
    const rows = quantizeWeight(weight, config, 0);
    expect([...rows.codes]).toEqual([127, -50, 0, 127, 50, -10]);
    const columns = quantizeWeight(weight, config, 1);
    expect(columns.scales.map((scale) => Math.round(scale * 1e4))).toEqual(Float32Array.of(1000, 394, 79));
    expect([...columns.codes]).toEqual([13, -13, 0, 127, 127, -127]);
  });

  it('gives dead channels a scale that keeps their bias', () => {
    const weight = { type: 'float32', dims: [2, 2], data: Float32Array.of(0, 0, 1, -1) } as const;
    const guarded = quantizeWeight(
      weight,
      config,
      0,
      biasGuard(Float32Array.of(3, 0), 0.01, quantizeWeight(weight, config, 0).scales),
    );
    const bias = quantizeBias(Float32Array.of(3, 0), 0.01, guarded.scales);
    expect((bias.codes[0] as number) * (bias.scales[0] as number)).toBeCloseTo(3, 5);
    expect([...guarded.codes]).toEqual([0, 0, 127, -127]);
  });

  it('takes a channel of weights below every normal scale for dead', () => {
    const weight = { type: 'float32', dims: [2, 1], data: Float32Array.of(1e-40, 1) } as const;
    const guarded = quantizeWeight(weight, config, 0, biasGuard(Float32Array.of(0.3, 0), 0.7, Float32Array.of(1, 1)));
    const bias = quantizeBias(Float32Array.of(0.3, 0), 0.7, guarded.scales);
    expect((bias.codes[0] as number) * (bias.scales[0] as number)).toBeCloseTo(0.3, 5);
  });

  it('grows the scale of a nearly dead channel until its bias fits int32', () => {
    const weight = { type: 'float32', dims: [1, 2], data: Float32Array.of(1e-12, -1e-12) } as const;
    const guarded = quantizeWeight(
      weight,
      config,
      0,
      biasGuard(Float32Array.of(3), 0.02, quantizeWeight(weight, config, 0).scales),
    );
    const bias = quantizeBias(Float32Array.of(3), 0.02, guarded.scales);
    expect((bias.codes[0] as number) * (bias.scales[0] as number)).toBeCloseTo(3, 2);
  });
});
