import { expect, it } from 'vitest';
import { quantizeOnce } from './quantize.ts';
import { scoreModel } from './score.ts';
import { inputs, platform } from './testing/lenet-session.ts';

const yaml = (recipes: string) => ({
  text: `
model: {framework: onnxrt_qdq}
quantization:
  model_wise: {weight: {dtype: int8}}
  recipes: ${recipes}
evaluation: {accuracy: {metric: {topk: 1}}}
`,
  fileName: 'tune.yaml',
});

async function made(recipes: string) {
  const { model } = await quantizeOnce({ ...inputs, config: yaml(recipes) }, platform, () => undefined);
  const file = { path: 'int8.onnx', blob: new Blob([model as Uint8Array<ArrayBuffer>]) };
  return {
    model,
    score: (await scoreModel({ ...inputs, model: [file], config: yaml('{}') }, platform, () => undefined)).score,
  };
}

it('finds without labels and without a search what unequal channels need, the same each time', async () => {
  const plain = await made('{equalization: false, smooth_quant: false, fast_bias_correction: false}');
  const found = await made('{smooth_quant: false}');
  expect(plain.score).toBeLessThan(0.7);
  expect(found.score).toBeGreaterThan(0.84);
  expect((await made('{smooth_quant: false}')).model).toEqual(found.model);
});
