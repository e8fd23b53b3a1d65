import { expect, it } from 'vitest';
import { modelCapability } from './capability.ts';
import type { Int8OpConfig } from './config.ts';
import { buildModel } from './testing/build-model.ts';
import { weightSqnrDb } from './weight-sqnr.ts';

function modelWith(values: readonly number[]) {
  const model = buildModel({
    inputs: { x: [16, 2] },
    outputs: ['y'],
    weights: { w: { dims: [2, 2], values } },
    nodes: [{ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }],
    dims: { y: [16, 2] },
  });
  const options = modelCapability(model).ops[0]?.int8 ?? [];
  const option = (granularity: string): Int8OpConfig =>
    options.find(({ weight }) => weight.granularity === granularity)!;
  return { model, option };
}

it('is the power of the weights over that of their rounding', () => {
  // Scale 1/127 for all: 0.3 lies at 38.1, 0.1 at 12.7, 0.5 at 63.5 (to even: 64).
  const { model, option } = modelWith([1, 0.3, 0.1, 0.5]);
  const noise = (0.1 ** 2 + 0.3 ** 2 + 0.5 ** 2) / 127 ** 2;
  const expected = 10 * Math.log10((1 + 0.09 + 0.01 + 0.25) / noise);
  expect(weightSqnrDb(model, 'MatMul_0', option('per_tensor'))).toBeCloseTo(expected, 2);
});

it('rises where each channel has a scale of its own', () => {
  const { model, option } = modelWith([100, 0.3, 70, 0.11]);
  const [channel, tensor] = ['per_channel', 'per_tensor'].map(
    (each) => weightSqnrDb(model, 'MatMul_0', option(each)) ?? 0,
  );
  expect(channel).toBeGreaterThan(40);
  expect(tensor).toBeLessThan(channel ?? 0);
});

it('is nothing for what is no op with a weight', () => {
  const { model, option } = modelWith([1, 2, 3, 4]);
  expect(weightSqnrDb(model, 'nowhere', option('per_tensor'))).toBeNull();
});
