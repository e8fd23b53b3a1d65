import { describe, expect, it } from 'vitest';
import { biasGuard, quantizeBias, quantizeWeight } from './weight.ts';

const config = { dtype: 'int8', scheme: 'sym', granularity: 'per_channel', algorithm: 'minmax' } as const;

describe('quantizeWeight', () => {
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
