import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../base/tensor.ts';
import { concatenate } from '../../base/bytes.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { modelCapability } from '../capability.ts';
import type { ChannelMeans, OpConfig, QuantizeConfig } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { rewrite } from '../rewrite/rewrite.ts';
import { WeightCache } from '../rewrite/weight-cache.ts';
import { buildModel, randomTensor, type ModelSpec } from '../testing/build-model.ts';
import { runModel } from '../testing/run-model.ts';

const CHANNELS = 8;
/** Every channel of the input has a mean of its own, as activations behind a Relu have. */
const means = Array.from({ length: CHANNELS }, (_, channel) => channel - 2);

function input(dims: readonly number[], axis: number): Tensor {
  const stride = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const { type, data } = randomTensor(dims);
  const values = (data as Float32Array).map((v, i) => v + (means[Math.floor(i / stride) % CHANNELS] as number));
  return { type, dims, data: values };
}

interface Case {
  readonly spec: Omit<ModelSpec, 'inputs' | 'outputs'>;
  readonly x: Tensor;
  readonly axis: number;
}

const image = input([2, CHANNELS, 6, 6], 1);
const rows = input([40, CHANNELS], 1);
const cases: Record<string, Case> = {
  'Conv with a bias': {
    spec: {
      weights: { w: [6, CHANNELS, 3, 3], b: [6] },
      nodes: [{ opType: 'Conv', input: ['x', 'w', 'b'], output: ['y'] }],
    },
    x: image,
    axis: 1,
  },
  'Conv with groups and no bias': {
    spec: {
      weights: { w: [6, CHANNELS / 2, 3, 3] },
      nodes: [{ opType: 'Conv', input: ['x', 'w'], output: ['y'], attributes: { group: 2 } }],
    },
    x: image,
    axis: 1,
  },
  'Gemm with transposed weights': {
    spec: {
      weights: { w: [6, CHANNELS], b: [6] },
      nodes: [{ opType: 'Gemm', input: ['x', 'w', 'b'], output: ['y'], attributes: { transB: 1 } }],
    },
    x: rows,
    axis: 1,
  },
  'MatMul in front of an Add': {
    spec: {
      weights: { w: [CHANNELS, 6], b: [6] },
      nodes: [
        { opType: 'MatMul', input: ['x', 'w'], output: ['m'] },
        { opType: 'Add', input: ['b', 'm'], output: ['y'] },
      ],
    },
    x: rows,
    axis: 1,
  },
};

/** Coarse weights, as one loud one makes them: one scale for all, and a channel's rounding does not average out. */
function modelOf({ spec, x }: Case): PreparedModel {
  const model = buildModel({ ...spec, inputs: { x: x.dims }, outputs: ['y'] });
  const weight = model.graph.initializer('w')!;
  const loud = new Float32Array(weight.rawData!.buffer.slice(0));
  loud[0] = 40;
  weight.rawData = new Uint8Array(loud.buffer);
  return model;
}

function configOf(model: PreparedModel, biasCorrection: boolean): QuantizeConfig {
  const ops = modelCapability(model).ops.map(({ name, int8 }): [string, OpConfig] => [
    name,
    int8.find(({ weight, mode }) => weight.granularity === 'per_tensor' && mode === 'static') ?? 'fp32',
  ]);
  return { ops: Object.fromEntries(ops), weightStorage: 'float32', ...(biasCorrection ? { biasCorrection } : {}) };
}

/** Mean of each output channel of y. */
function channelMeans({ dims, data }: Tensor, axis: number): number[] {
  const stride = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const sums = new Array<number>(dims[axis]!).fill(0);
  data.forEach((value, i) => (sums[Math.floor(i / stride) % sums.length]! += Number(value)));
  return sums.map((sum) => (sum * sums.length) / data.length);
}

describe('bias correction', () => {
  it.each(Object.entries(cases))('%s: the mean of every output channel comes back', async (_, example) => {
    const model = modelOf(example);
    const feeds = { x: example.x };
    const float = (await runModel(encodeModel(model.graph.model), feeds)).outputs['y']!;
    const range = (tensor: Tensor): { min: number; max: number } => ({
      min: Math.min(...(tensor.data as Float32Array)),
      max: Math.max(...(tensor.data as Float32Array)),
    });
    const ranges = { minmax: { x: range(example.x), y: range(float), m: range(float) } };
    const observed: ChannelMeans = { x: channelMeans(example.x, example.axis) };
    const shift = async (corrected: boolean): Promise<number> => {
      const { parts } = rewrite(model, configOf(model, corrected), ranges, new WeightCache(), observed);
      const int8 = (await runModel(concatenate(parts), feeds)).outputs['y']!;
      const wanted = channelMeans(float, example.axis);
      return Math.max(...channelMeans(int8, example.axis).map((mean, i) => Math.abs(mean - wanted[i]!)));
    };
    const [plain, corrected] = [await shift(false), await shift(true)];
    expect(plain).toBeGreaterThan(0.3);
    expect(corrected).toBeLessThan(plain / 3);
  });

  it('leaves a MatMul alone behind which no Add can take the shift', () => {
    const model = buildModel({
      inputs: { x: [4, CHANNELS] },
      outputs: ['y'],
      weights: { w: [CHANNELS, 6] },
      nodes: [{ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }],
    });
    expect(modelCapability(model).recipes).not.toContain('biasCorrection');
    const bytes = (corrected: boolean): Uint8Array =>
      concatenate(
        rewrite(
          model,
          configOf(model, corrected),
          { minmax: { x: { min: -3, max: 6 }, y: { min: -9, max: 9 } } },
          new WeightCache(),
          {
            x: means,
          },
        ).parts,
      );
    expect(bytes(true)).toEqual(bytes(false));
  });

  it('asks for the means that it needs', () => {
    const model = modelOf(cases['Conv with a bias']!);
    const ranges = { minmax: { x: { min: 0, max: 1 }, y: { min: 0, max: 1 } } };
    const rewriting = (): unknown => rewrite(model, configOf(model, true), ranges, new WeightCache());
    expect(rewriting).toThrow(expect.objectContaining({ code: 'internal' }));
  });
});
