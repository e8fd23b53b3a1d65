import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../base/tensor.ts';
import { decodeModel } from '../../onnx/decode.ts';
import { concatenate } from '../../base/bytes.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { Graph } from '../../onnx/graph.ts';
import { TensorProto_DataType as DataType } from '../../onnx/proto/onnx_pb.ts';
import type { WeightStorage } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { buildModel, randomTensor } from '../testing/build-model.ts';
import { runModel } from '../testing/run-model.ts';
import { rewrite } from './rewrite.ts';
import { WeightCache } from './weight-cache.ts';

/** Largest difference to the float model as a share of the output's range, and the graph that computes in float16. */
async function narrowed(model: PreparedModel, feeds: Record<string, Tensor>, weightStorage: WeightStorage = 'float32') {
  const built = rewrite(model, { ops: {}, weightStorage, float16Compute: true }, {}, new WeightCache());
  const bytes = concatenate(built.parts);
  const { outputs: expected } = await runModel(encodeModel(model.graph.clone().commit()), feeds);
  const { outputs } = await runModel(bytes, feeds);
  let worst = 0;
  for (const [name, { type, data }] of Object.entries(expected)) {
    const found = outputs[name] as Tensor;
    expect(found.type).toBe(type);
    const values = data as Float32Array;
    const range = Math.max(...values) - Math.min(...values);
    values.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(value - (found.data as Float32Array)[i]!) / range);
    });
  }
  const graph = new Graph(decodeModel(bytes));
  const precision = Object.fromEntries(built.ops.map((op) => [op.name, op.precision]));
  return { worst, graph, precision, sizeBytes: bytes.length };
}

const cnn = buildModel({
  inputs: { x: [1, 3, 8, 8] },
  outputs: ['y', 'inner'],
  weights: {
    w: [16, 3, 3, 3],
    b: [16],
    v: { dims: [1024, 10], values: randomTensor([1024, 10], 5).data as Float32Array },
  },
  nodes: [
    { opType: 'Conv', input: ['x', 'w', 'b'], output: ['c'], attributes: { pads: [1, 1, 1, 1] } },
    { opType: 'Relu', input: ['c'], output: ['inner'] },
    { opType: 'Flatten', input: ['inner'], output: ['f'] },
    { opType: 'MatMul', input: ['f', 'v'], output: ['m'] },
    { opType: 'Softmax', input: ['m'], output: ['y'] },
  ],
});

describe('narrowFloat16', () => {
  it.each(['float32', 'float16', 'int8', 'auto'] as const)(
    'keeps inputs, outputs and their values, weights stored as %s',
    async (storage) => {
      const { worst, graph, precision } = await narrowed(cnn, { x: randomTensor([1, 3, 8, 8]) }, storage);
      expect(worst).toBeLessThan(storage === 'int8' || storage === 'auto' ? 0.03 : 0.004);
      expect(precision).toMatchObject({
        Conv_0: 'float16',
        Relu_1: 'float16',
        MatMul_3: 'float16',
        Softmax_4: 'float32',
      });
      const conv = graph.nodes.find(({ opType }) => opType === 'Conv');
      expect(graph.initializer(conv?.input[2] ?? '')?.dataType).toBe(DataType.FLOAT16);
    },
  );

  it('stores weights in half the bytes without a way round by float32', async () => {
    const { graph, sizeBytes } = await narrowed(cnn, { x: randomTensor([1, 3, 8, 8]) }, 'float16');
    expect(sizeBytes).toBeLessThan(0.55 * encodeModel(cnn.graph.clone().commit()).length);
    const casts = graph.nodes.filter(({ opType }) => opType === 'Cast');
    // x in; `inner` and the input of Softmax out.
    expect(casts).toHaveLength(3);
  });

  it('leaves an op float32 whose constant float16 cannot hold, and light ops between such ops', async () => {
    const model = buildModel({
      inputs: { x: [1, 4] },
      outputs: ['y'],
      weights: { large: { dims: [4], values: [1e5, 1, 1, 1] }, epsilon: { dims: [], values: [1e-12] }, w: [4, 4] },
      nodes: [
        { opType: 'MatMul', input: ['x', 'w'], output: ['m'] },
        { opType: 'ReduceMean', input: ['m'], output: ['mean'], attributes: { axes: [1], keepdims: 1 } },
        { opType: 'Add', input: ['mean', 'epsilon'], output: ['a'] },
        { opType: 'Neg', input: ['a'], output: ['n'] },
        { opType: 'Mul', input: ['n', 'large'], output: ['y'] },
      ],
    });
    const { worst, precision } = await narrowed(model, { x: randomTensor([1, 4]) });
    expect(worst).toBeLessThan(0.004);
    expect(precision).toEqual({
      MatMul_0: 'float16',
      ReduceMean_1: 'float32',
      Add_2: 'float32',
      Neg_3: 'float32',
      Mul_4: 'float32',
    });
  });
});
