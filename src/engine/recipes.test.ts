import { describe, expect, it } from 'vitest';
import { quantizeOnce } from './quantize.ts';
import { rebuildModel } from './rebuild.ts';
import { scoreModel } from './score.ts';
import { graphRecipes } from './source-model.ts';
import { inputs, MemoryStore, platform } from './testing/lenet-session.ts';
import { tune } from './tune.ts';

/** Every op in int8, min-max ranges, weights per output channel, and the recipes that are named. */
function yaml(
  recipes: readonly string[],
  granularity = 'per_channel',
  tuning = '',
): { text: string; fileName: string } {
  const all = ['smooth_quant', 'equalization', 'fast_bias_correction', 'weight_clip'];
  const switches = all.map((name) => `    ${name}: ${recipes.includes(name)}`);
  const text = `
model: {framework: onnxrt_qdq}
quantization:
  model_wise:
    weight: {dtype: int8, granularity: ${granularity}}
    activation: {dtype: uint8, algorithm: minmax}
  recipes:
${switches.join('\n')}
evaluation: {accuracy: {metric: {topk: 1}}}
${tuning}`;
  return { text, fileName: 'tune.yaml' };
}

async function score(recipes: readonly string[], granularity?: string): Promise<number> {
  const { model, ops } = await quantizeOnce(
    { ...inputs, config: yaml(recipes, granularity) },
    platform,
    () => undefined,
  );
  expect(ops.filter(({ precision }) => precision === 'int8').length).toBeGreaterThanOrEqual(3);
  const quantized = { model: [{ path: 'int8.onnx', blob: new Blob([model as Uint8Array<ArrayBuffer>]) }] };
  return (await scoreModel({ ...inputs, ...quantized, config: yaml(recipes) }, platform, () => undefined)).score;
}

const modelOption = {
  mode: 'static',
  weight: { dtype: 'int8', scheme: 'sym', granularity: 'per_channel', algorithm: 'minmax' },
  activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm: 'minmax' },
} as const;

describe('recipes, from YAML to score', () => {
  it('equalization gives a model with unequal channels its accuracy back, every op in int8', async () => {
    expect(await score([])).toBeLessThan(0.6);
    expect(await score(['equalization'])).toBeGreaterThan(0.84);
    expect(await score(['equalization', 'fast_bias_correction', 'weight_clip'])).toBeGreaterThan(0.84);
    expect(await score([], 'per_tensor')).toBeLessThan(0.4);
    expect(await score(['equalization'], 'per_tensor')).toBeGreaterThan(0.84);
  });

  it('are in recipe.json and the pinned YAML: both give the offered model byte for byte', async () => {
    const config = yaml(
      ['equalization', 'fast_bias_correction', 'weight_clip'],
      'per_channel',
      'tuning: {strategy: {name: basic}, exit_policy: {performance_only: true}}',
    );
    const { offer } = await tune(
      { ...inputs, config },
      { ...platform, store: new MemoryStore(), startedAt: '2026-01-01T00:00:00Z', emit: () => undefined },
    );
    expect(offer?.recipe.config).toMatchObject({ equalization: true, biasCorrection: true, weightClip: true });
    const recipe = JSON.parse(JSON.stringify(offer?.recipe)) as NonNullable<typeof offer>['recipe'];
    expect(await rebuildModel(recipe, inputs.model)).toEqual(offer?.model);
    const pinned = { text: offer?.yaml ?? '', fileName: 'tune-config.yaml' };
    const again = await quantizeOnce({ ...inputs, config: pinned }, platform, () => undefined);
    expect(again.model).toEqual(offer?.model);
  });

  it('change nothing where every op is dynamic or float', () => {
    const recipes = { equalization: true, smoothQuant: 0.5, weightStorage: 'auto' } as const;
    const option = { ...modelOption, mode: 'dynamic' } as const;
    expect(graphRecipes({ ...recipes, ops: { a: option, b: 'fp32' } })).toEqual([]);
    expect(graphRecipes({ ...recipes, ops: { a: modelOption } }).map(({ key }) => key)).toEqual([
      'equalized',
      'smoothed 0.5',
    ]);
  });
});
