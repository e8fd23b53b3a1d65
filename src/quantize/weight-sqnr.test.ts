import { describe, expect, it } from 'vitest';
import { modelCapability } from './capability.ts';
import type { OpConfig } from './config.ts';
import { buildModel } from './testing/build-model.ts';
import { quantizeWeight } from './weight.ts';
import { weightSqnrDb, weightSqnrs } from './weight-sqnr.ts';

const INT8 = { dtype: 'int8', scheme: 'sym', granularity: 'per_channel', algorithm: 'minmax' } as const;

describe('weightSqnrDb', () => {
  it('is 10·log10(Σw² / Σ(w − ŵ)²) by hand', () => {
    const quantized = {
      codes: Int8Array.of(2, -1, 4, 0),
      dims: [2, 2],
      scales: Float32Array.of(0.5, 0.25),
      zeroPoints: Int32Array.of(0, 0),
      axis: 0,
    };
    // ŵ = 1, -0.5, 1, 0: squared errors 0.01, 0, 0, 0.01 of a signal of 1.21 + 0.25 + 1 + 0.01.
    const weight = Float32Array.of(1.1, -0.5, 1, 0.1);
    expect(weightSqnrDb(weight, quantized)).toBeCloseTo(10 * Math.log10(2.47 / 0.02), 5);
  });

  it('counts zero points, and knows weights without loss and without signal', () => {
    const shifted = {
      codes: Uint8Array.of(130, 126),
      dims: [2],
      scales: Float32Array.of(0.5),
      zeroPoints: Int32Array.of(128),
      axis: null,
    };
    expect(weightSqnrDb(Float32Array.of(1, -1), shifted)).toBe(Infinity);
    expect(weightSqnrDb(Float32Array.of(0, 0), shifted)).toBeNaN();
  });

  it('rises by scales per channel where channels are unequal', () => {
    const data = Float32Array.from({ length: 32 }, (_, i) => Math.sin(i + 1) * (i < 16 ? 10 : 0.1));
    const tensor = { type: 'float32', dims: [2, 16], data } as const;
    const quiet = (axis: number | null): number => {
      const { codes, scales, zeroPoints } = quantizeWeight(tensor, INT8, axis);
      const own = axis === null ? scales : scales.slice(1);
      const half = { codes: codes.slice(16), dims: [16], scales: own, zeroPoints: zeroPoints.slice(-1), axis: null };
      return weightSqnrDb(data.subarray(16), half);
    };
    expect(quiet(0)).toBeGreaterThan(quiet(null) + 30);
  });
});

describe('weightSqnrs', () => {
  it('has the int8 ops with a constant weight, by name', () => {
    const model = buildModel({
      inputs: { x: [4, 16] },
      outputs: ['y'],
      weights: { w1: [16, 16], w2: [16, 4] },
      nodes: [
        { opType: 'MatMul', input: ['x', 'w1'], output: ['a'] },
        { opType: 'MatMul', input: ['a', 'w2'], output: ['y'] },
      ],
      dims: { a: [4, 16], y: [4, 4] },
    });
    const ops = modelCapability(model).ops.map(({ name, int8 }): [string, OpConfig] => [name, int8[0] ?? 'fp32']);
    const all = weightSqnrs(model, { ops: Object.fromEntries(ops), weightStorage: 'float32' });
    expect([...all.keys()]).toEqual(['MatMul_0', 'MatMul_1']);
    // 8 bits: some 6 dB for each, less what the crest factor takes.
    for (const decibels of all.values()) expect(decibels > 30 && decibels < 60).toBe(true);
    const one = weightSqnrs(model, { ops: { MatMul_1: ops[1]![1] }, weightStorage: 'float32' });
    expect([...one]).toEqual([['MatMul_1', all.get('MatMul_1')]]);
  });
});
