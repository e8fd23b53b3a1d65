import { expect, it } from 'vitest';
import type { RangeMethod } from '../../../quantize/config.ts';
import { op, option, reference } from '../../testing/simulation.ts';
import type { Probes, TuneConfig } from '../../types.ts';
import { bestRecipes } from './recipes.ts';

/** Ranked methods of a model whose probes say this of each. */
async function ranked(divergences: Partial<Record<RangeMethod, number>>): Promise<readonly string[]> {
  const methods = Object.keys(divergences) as RangeMethod[];
  const choices = methods.map((algorithm) => {
    const choice = option('per_channel');
    return { ...choice, activation: { ...choice.activation, algorithm } };
  });
  const space = { ...reference, ops: [op('conv', 'Conv', choices)] };
  const methodOf = ({ ops: { conv } }: TuneConfig): RangeMethod =>
    conv && conv !== 'fp32' ? conv.activation.algorithm : 'minmax';
  const probes: Probes = {
    output: async () => NaN,
    divergence: async (config) => divergences[methodOf(config)] ?? NaN,
    ops: async () => new Map(),
  };
  return (await bestRecipes({ space, probes, probeSamples: 32 })).map(({ config }) => methodOf(config));
}

it('prefers a method that gives up no values to one that probes hardly tell from it', async () => {
  expect(await ranked({ minmax: 0.25, percentile: 0.03, mse: 0.033 })).toEqual(['mse', 'percentile']);
  expect(await ranked({ kl: 0.03, minmax: 0.033 })).toEqual(['minmax', 'kl']);
});

it('takes the closest where the difference is plain, or none of them is far from float', async () => {
  expect(await ranked({ percentile: 0.02, mse: 0.033 })).toEqual(['percentile']);
  expect(await ranked({ mse: 6e-4, percentile: 5e-4 })).toEqual(['percentile', 'mse']);
});

it('mends only what that brings plainly closer to float', async () => {
  const mended = async (plain: number, corrected: number): Promise<readonly boolean[]> => {
    const space = {
      ...reference,
      recipes: { ...reference.recipes, biasCorrection: 'offered' as const },
      ops: [op('conv', 'Conv', [option('per_channel')])],
    };
    const probes: Probes = {
      output: async () => NaN,
      divergence: async ({ biasCorrection }) => (biasCorrection ? corrected : plain),
      ops: async () => new Map(),
    };
    const recipes = await bestRecipes({ space, probes, probeSamples: 32 });
    return recipes.map(({ config }) => config.biasCorrection === true);
  };
  expect(await mended(0.033, 0.03)).toEqual([false, true]);
  expect(await mended(0.033, 0.02)).toEqual([true]);
  expect(await mended(0.033, 0.04)).toEqual([false, true]);
  expect(await mended(0.033, 9e-4)).toEqual([true]);
});
