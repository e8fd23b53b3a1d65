import { describe, expect, it } from 'vitest';
import { decodeModel } from '../onnx/decode.ts';
import { quantizeOnce, type QuantizeInput } from './quantize.ts';
import { rebuildModel } from './rebuild.ts';
import { scoreModel } from './score.ts';
import { inputs, MemoryStore, platform } from './testing/lenet-session.ts';
import { tune } from './tune.ts';

const yaml = (quantization: string, framework = 'onnxrt_qdq', tuning = '') => ({
  text: `model: {framework: ${framework}}
quantization: ${quantization}
evaluation: {accuracy: {metric: {topk: 1}}}
${tuning}`,
  fileName: 'tune.yaml',
});

/** The fixture in one form. */
async function made(config: ReturnType<typeof yaml>, more: Partial<QuantizeInput> = {}) {
  const { model, ops } = await quantizeOnce({ ...inputs, ...more, config }, platform, () => undefined);
  const opTypes = decodeModel(model).graph!.node.map(({ opType }) => opType);
  return { model, opTypes, precisions: ops.map(({ precision }) => precision) };
}

/** Score in onnxruntime-web; the float model has 0.86. */
async function scoreOf(model: Uint8Array): Promise<number> {
  const file = { model: [{ path: 'int8.onnx', blob: new Blob([model as Uint8Array<ArrayBuffer>]) }] };
  return (await scoreModel({ ...inputs, ...file, config: yaml('{}') }, platform, () => undefined)).score;
}

const int8 = '{weight: {dtype: [int8]}}';
const everywhere = `optype_wise: {Conv: ${int8}, MatMul: ${int8}, Gemm: ${int8}}`;

describe('forms of one model', () => {
  it('QOperator scores as QDQ, in fewer bytes, by flag or by framework', async () => {
    const config = `{recipes: {equalization: true}, ${everywhere}}`;
    const qdq = await made(yaml(config));
    const operators = await made(yaml(config), { format: 'qoperator' });
    expect(operators.opTypes).toContain('QLinearConv');
    expect(operators.opTypes).not.toContain('Conv');
    const score = await scoreOf(operators.model);
    expect(score).toBeCloseTo(await scoreOf(qdq.model), 2);
    expect(score).toBeGreaterThan(0.84);
    expect(operators.model.length).toBeLessThan(qdq.model.length);
    expect((await made(yaml(config, 'onnxrt_qlinearops'))).model).toEqual(operators.model);
    expect((await made(yaml(config, 'onnxrt_qlinearops'), { format: 'qdq' })).model).toEqual(qdq.model);
  });

  it('dynamic needs no calibration data, Convs included', async () => {
    const config = yaml(`{approach: post_training_dynamic_quant, ${everywhere}}`);
    const { opTypes, precisions } = await made(config, { calibration: [] });
    expect(opTypes).toEqual(expect.arrayContaining(['ConvInteger', 'MatMulInteger']));
    expect(opTypes).not.toContain('Conv');
    expect(precisions.filter((precision) => precision === 'int8').length).toBeGreaterThanOrEqual(3);
  });

  it('4-bit weights keep the score where int8 compute does not, and take the fewest bytes', async () => {
    const compact = await made(yaml('{op_wise: {"*": {weight: {dtype: [fp32]}}}}'), { calibration: [] });
    const int4 = await made(yaml('{approach: post_training_weight_only_quant}'), { calibration: [] });
    expect(int4.precisions).toContain('int4 weights');
    expect(int4.precisions).not.toContain('int8');
    expect(await scoreOf(int4.model)).toBeGreaterThan(0.84);
    expect(int4.model.length).toBeLessThan(0.8 * compact.model.length);
    const kernel = await made(yaml('{approach: post_training_weight_only_quant, recipes: {matmul_nbits: true}}'), {
      calibration: [],
    });
    expect(kernel.opTypes).toContain('MatMulNBits');
    expect(await scoreOf(kernel.model)).toBeGreaterThan(0.84);
  });

  it('4-bit weights are found by a tuning, and come back from its recipe and YAML byte for byte', async () => {
    const config = yaml(
      '{approach: post_training_weight_only_quant}',
      'onnxrt_qdq',
      'tuning: {strategy: {name: basic}, exit_policy: {max_trials: 4}}',
    );
    const { offer } = await tune(
      { ...inputs, config },
      { ...platform, store: new MemoryStore(), startedAt: '2026-01-01T00:00:00Z', emit: () => undefined },
    );
    expect(offer?.recipe.config.ops).toMatchObject({ '/fc/Gemm': { mode: 'weight_only' } });
    const recipe = JSON.parse(JSON.stringify(offer?.recipe)) as NonNullable<typeof offer>['recipe'];
    expect(await rebuildModel(recipe, inputs.model)).toEqual(offer?.model);
    const pinned = { text: offer?.yaml ?? '', fileName: 'tune-config.yaml' };
    const again = await quantizeOnce({ ...inputs, calibration: [], config: pinned }, platform, () => undefined);
    expect(again.model).toEqual(offer?.model);
  });
});
