import { describe, expect, it } from 'vitest';
import { checkRecipe, readRecipe, type Recipe } from './recipe.ts';

const hash = 'ab'.repeat(32);
const option = {
  mode: 'static',
  weight: { dtype: 'int8', scheme: 'sym', granularity: 'per_channel', algorithm: 'minmax' },
  activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm: 'kl' },
} as const;
const recipe: Recipe = {
  format: 'octet-recipe/1',
  octet: '1.2.3',
  model: { name: 'm.onnx', sha256: hash },
  int8Sha256: hash,
  config: { ops: { a: option, b: 'fp32' }, weightStorage: 'auto', samplingSize: 100 },
  ranges: { kl: { t: { min: -0.1, max: 1e-7 } } },
  inputDims: { x: [1, 3, 8, 8] },
};
const unreadable = expect.objectContaining({ code: 'recipe-unreadable' });

describe('recipes', () => {
  it('are read as they were written', () => {
    expect(readRecipe(JSON.stringify(recipe), 'recipe.json')).toEqual(recipe);
  });

  it.each([
    ['text', '{'],
    ['another value', '[]'],
    ['another kind of file', '{"format":"octet-history/1"}'],
  ])('%s is none', (_, text) => {
    expect(() => readRecipe(text, 'r.json')).toThrow(unreadable);
  });

  it.each([
    ['int8Sha256', { int8Sha256: 'ab' }],
    ['model', { model: { name: 'm.onnx' } }],
    ['config', { config: { ...recipe.config, ops: { a: { ...option, mode: 'auto' } } } }],
    ['config', { config: { ...recipe.config, ops: { a: { mode: 'static' } } } }],
    ['config', { config: { ...recipe.config, samplingSize: -1 } }],
    ['config', { config: { ...recipe.config, equalization: 'yes' } }],
    ['means', { means: { t: [1, null] } }],
    ['outliers', { outliers: { t: { channels: [-1], bound: 1 } } }],
    ['outliers', { outliers: { t: { channels: [1], bound: null } } }],
    ['ranges', { ranges: { kl: { t: { min: null, max: 1 } } } }],
    ['inputDims', { inputDims: { x: ['N'] } }],
  ])('names the part that is unusable: %s', (part, change) => {
    const refused = () => checkRecipe({ ...recipe, ...change }, 'r.json');
    expect(refused).toThrow(unreadable);
    const details = expect.objectContaining({ file: 'r.json', found: expect.stringContaining(part) });
    expect(refused).toThrow(expect.objectContaining({ details }));
  });
});
