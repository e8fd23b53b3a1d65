import { describe, expect, it } from 'vitest';
import { encodeModel } from '../../onnx/encode.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { buildModel, randomTensor, type ModelSpec } from '../testing/build-model.ts';
import { runModel } from '../testing/run-model.ts';
import { unequalWeights } from './diagnosis.ts';
import { equalize } from './equalization.ts';
import { equalizablePairs } from './equalizable-pairs.ts';

/** Values whose channels along an axis are scaled by 2^-5 … 2^5. */
function uneven(
  dims: readonly number[],
  axis: number,
  sign: 1 | -1,
): { dims: readonly number[]; values: Float32Array } {
  const count = dims[axis] as number;
  const stride = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const values = (randomTensor(dims).data as Float32Array).map((value, i) => {
    const channel = Math.floor(i / stride) % count;
    return value * 2 ** (sign * (((channel * 7) % 11) - 5));
  });
  return { dims, values };
}

const models: Record<string, PreparedModel> = {
  'Conv, Relu, MaxPool, Conv with groups, Flatten, Gemm': buildModel({
    inputs: { x: [1, 3, 8, 8] },
    outputs: ['y'],
    weights: {
      w1: uneven([8, 3, 3, 3], 0, 1),
      b1: uneven([8], 0, 1),
      w2: uneven([6, 4, 2, 2], 1, -1),
      b2: [6],
      w3: uneven([5, 24], 1, 1),
      b3: [5],
    },
    nodes: [
      { opType: 'Conv', input: ['x', 'w1', 'b1'], output: ['c1'] },
      { opType: 'Relu', input: ['c1'], output: ['r1'] },
      { opType: 'MaxPool', input: ['r1'], output: ['p1'], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
      { opType: 'Conv', input: ['p1', 'w2', 'b2'], output: ['c2'], attributes: { group: 2 } },
      { opType: 'LeakyRelu', input: ['c2'], output: ['r2'], attributes: { alpha: { float: 0.1 } } },
      { opType: 'Flatten', input: ['r2'], output: ['f'] },
      { opType: 'Gemm', input: ['f', 'w3', 'b3'], output: ['y'], attributes: { transB: 1 } },
    ],
    dims: { r2: [1, 6, 2, 2], f: [1, 24] },
  }),
  'depthwise Conv in the middle': buildModel({
    inputs: { x: [1, 3, 6, 6] },
    outputs: ['y'],
    weights: {
      w1: uneven([8, 3, 1, 1], 0, 1),
      w2: uneven([8, 1, 3, 3], 0, -1),
      w3: uneven([4, 8, 1, 1], 1, 1),
      b2: [8],
    },
    nodes: [
      { opType: 'Conv', input: ['x', 'w1'], output: ['c1'] },
      { opType: 'Relu', input: ['c1'], output: ['r1'] },
      { opType: 'Conv', input: ['r1', 'w2', 'b2'], output: ['c2'], attributes: { group: 8 } },
      { opType: 'GlobalAveragePool', input: ['c2'], output: ['g'] },
      { opType: 'Conv', input: ['g', 'w3'], output: ['y'] },
    ],
  }),
  'MatMul, Add, Relu, two readers': buildModel({
    inputs: { x: [2, 3, 6] },
    outputs: ['y', 'z'],
    weights: { w1: uneven([6, 8], 1, 1), b1: [8], w2: uneven([8, 4], 0, -1), w3: uneven([8, 5], 0, -1) },
    nodes: [
      { opType: 'MatMul', input: ['x', 'w1'], output: ['m'] },
      { opType: 'Add', input: ['b1', 'm'], output: ['a'] },
      { opType: 'Relu', input: ['a'], output: ['h'] },
      { opType: 'MatMul', input: ['h', 'w2'], output: ['y'] },
      { opType: 'MatMul', input: ['h', 'w3'], output: ['z'] },
    ],
  }),
};

describe('equalize', () => {
  it.each(Object.entries(models))('%s: float results stay, channels come closer', async (_, model) => {
    const equalized = equalize(model);
    const feeds = { x: randomTensor(model.infos.get('x')!.dims as number[]) };
    const [before, after] = await Promise.all(
      [model, equalized].map(async ({ graph }) => (await runModel(encodeModel(graph.model), feeds)).outputs),
    );
    for (const name of model.graph.outputs) {
      const largest = Math.max(...(before![name]!.data as Float32Array).map(Math.abs));
      before![name]!.data.forEach((value, i) => {
        expect(Math.abs(Number(after![name]!.data[i]) - Number(value))).toBeLessThan(1e-5 * largest);
      });
    }
    const [uneven, even] = [model, equalized].map((each) =>
      Math.max(...unequalWeights(each).map(({ ratio }) => ratio)),
    );
    expect(uneven).toBeGreaterThan(8);
    expect(even).toBeLessThan(uneven! / 4);
  });

  it('leaves the bias of a nearly dead channel finite in size', async () => {
    const values = (randomTensor([4, 4]).data as Float32Array).map((value, i) => (i % 4 === 0 ? value * 1e-12 : value));
    const model = buildModel({
      inputs: { x: [3, 4] },
      outputs: ['y'],
      weights: { w1: { dims: [4, 4], values }, b1: { dims: [4], values: [3, 0, 0, 0] }, w2: [4, 4] },
      nodes: [
        { opType: 'Gemm', input: ['x', 'w1', 'b1'], output: ['h'] },
        { opType: 'Relu', input: ['h'], output: ['r'] },
        { opType: 'MatMul', input: ['r', 'w2'], output: ['y'] },
      ],
    });
    const { graph } = equalize(model);
    const proto = graph.model.graph!;
    proto.output = [...proto.output, { ...proto.output[0]!, name: 'r' }];
    const { outputs } = await runModel(encodeModel(graph.model), { x: randomTensor([3, 4]) });
    expect(Math.max(...(outputs['r']!.data as Float32Array))).toBeLessThan(20);
  });

  const chain = (nodes: ModelSpec['nodes'], outputs = ['y']): PreparedModel =>
    buildModel({
      inputs: { x: [1, 4, 5, 5] },
      outputs,
      weights: { w1: [4, 4, 1, 1], w2: [4, 4, 1, 1] },
      nodes: [
        { opType: 'Conv', input: ['x', 'w1'], output: ['c'] },
        ...nodes,
        { opType: 'Conv', input: ['r', 'w2'], output: ['y'] },
      ],
    });

  it('leaves layers alone whose channels something else sees, or that no homogeneous function joins', () => {
    const relu = { opType: 'Relu', input: ['c'], output: ['r'] };
    const found = (model: PreparedModel): string[] => equalizablePairs(model).map(({ producer }) => producer.name);
    expect(found(chain([relu]))).toEqual(['Conv_0']);
    expect(found(chain([{ ...relu, opType: 'Sigmoid' }]))).toEqual([]);
    expect(found(chain([{ ...relu, opType: 'HardSwish' }]))).toEqual([]);
    expect(found(chain([relu], ['y', 'r']))).toEqual([]);
    expect(found(chain([relu, { opType: 'Add', input: ['r', 'x'], output: ['s'] }], ['y', 's']))).toEqual([]);
  });

  it('does not edit the model it is given', () => {
    for (const model of Object.values(models)) {
      const before = encodeModel(model.graph.model);
      equalize(model);
      expect(encodeModel(model.graph.model)).toEqual(before);
    }
  });
});
