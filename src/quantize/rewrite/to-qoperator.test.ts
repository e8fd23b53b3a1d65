import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../base/tensor.ts';
import { decodeModel } from '../../onnx/decode.ts';
import { concatenate } from '../../base/bytes.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { modelCapability } from '../capability.ts';
import type { ActivationRange, ActivationRanges, OpConfig, QuantizeConfig } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { buildModel, randomTensor, type ModelSpec } from '../testing/build-model.ts';
import { runModel } from '../testing/run-model.ts';
import { calibrationTensors, quantizedTensors } from './activation-parameters.ts';
import { rewrite } from './rewrite.ts';
import { selectOps } from './select.ts';
import { WeightCache } from './weight-cache.ts';

type Feeds = Record<string, Tensor>;

async function rangesOf({ graph }: PreparedModel, tensors: readonly string[], feeds: Feeds): Promise<ActivationRanges> {
  const exposed = graph.clone();
  const proto = exposed.commit();
  const inner = tensors.filter((name) => !exposed.isInput(name) && !exposed.isOutput(name));
  proto.graph!.output = [...proto.graph!.output, ...inner.map((name) => ({ ...proto.graph!.output[0]!, name }))];
  const { outputs } = await runModel(encodeModel(proto), feeds);
  const entries = tensors.map((name): [string, ActivationRange] => {
    const data = (outputs[name] ?? feeds[name])!.data as Float32Array;
    return [name, { min: Math.min(...data), max: Math.max(...data) }];
  });
  return { minmax: Object.fromEntries(entries) };
}

/** Both forms of a model with all that can be in static int8, but the ops in `float`. */
async function bothForms(spec: ModelSpec, feeds: Feeds, float: readonly string[] = []) {
  const model = buildModel(spec);
  const ops = modelCapability(model).ops.map(({ name, int8 }): [string, OpConfig] => [
    name,
    float.includes(name) ? 'fp32' : (int8.find(({ mode }) => mode === 'static') ?? 'fp32'),
  ]);
  const config: QuantizeConfig = { ops: Object.fromEntries(ops), weightStorage: 'float32' };
  const selected = selectOps(model, config);
  const ranges = await rangesOf(model, calibrationTensors(model, selected), feeds);
  const steps = [...quantizedTensors(model, selected, ranges).values()].map(({ parameters }) => parameters.scale);
  const cache = new WeightCache();
  const qdq = rewrite(model, config, ranges, cache);
  const operators = rewrite(model, config, ranges, cache, {}, 'qoperator');
  const [a, b] = [
    await runModel(concatenate(qdq.parts), feeds, true),
    await runModel(concatenate(operators.parts), feeds, true),
  ];
  expect(operators.ops).toEqual(qdq.ops);
  expect(operators.footprintBytes).toBe(qdq.footprintBytes);
  return {
    nodes: decodeModel(concatenate(operators.parts)).graph!.node.map(({ opType }) => opType),
    /** Integer kernels of the fused QDQ form and of the operators. */
    kernels: [a.kernels, b.kernels].map((names) =>
      names.filter((name) => /^Q(Linear|Gemm)|^MatMulInteger/.test(name)).sort(),
    ),
    difference: largestDifference(a.outputs, b.outputs),
    step: Math.max(...steps),
  };
}

function largestDifference(a: Feeds, b: Feeds): number {
  const pairs = Object.keys(a).flatMap((name) =>
    Array.from(a[name]!.data as Float32Array, (v, i) => [v, b[name]!.data[i]]),
  );
  return Math.max(...pairs.map(([x, y]) => Math.abs(Number(x) - Number(y))));
}

const image: ModelSpec = {
  inputs: { x: [1, 8, 12, 12] },
  outputs: ['y'],
  weights: { w1: [16, 8, 3, 3], b1: [16], w2: [16, 16, 3, 3], w3: [16, 32, 3, 3], b3: [16] },
  nodes: [
    { opType: 'Conv', input: ['x', 'w1', 'b1'], output: ['c1'], attributes: { pads: [1, 1, 1, 1] } },
    { opType: 'Relu', input: ['c1'], output: ['r1'] },
    { opType: 'Conv', input: ['r1', 'w2'], output: ['c2'], attributes: { pads: [1, 1, 1, 1] } },
    { opType: 'Sigmoid', input: ['c2'], output: ['s2'] },
    { opType: 'Mul', input: ['c2', 's2'], output: ['m2'] },
    { opType: 'Add', input: ['m2', 'r1'], output: ['a2'] },
    { opType: 'LeakyRelu', input: ['a2'], output: ['l2'], attributes: { alpha: { float: 0.1 } } },
    { opType: 'Concat', input: ['l2', 'r1'], output: ['k'], attributes: { axis: 1 } },
    { opType: 'MaxPool', input: ['k'], output: ['p'], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
    { opType: 'AveragePool', input: ['p'], output: ['v'], attributes: { kernel_shape: [2, 2] } },
    { opType: 'Conv', input: ['v', 'w3', 'b3'], output: ['y'] },
  ],
};

const perceptron: ModelSpec = {
  inputs: { x: [16, 32] },
  outputs: ['y'],
  weights: { w1: [32, 48], w2: [40, 48], b2: [40], w3: [40, 24], w4: [24, 10] },
  nodes: [
    { opType: 'MatMul', input: ['x', 'w1'], output: ['m'] },
    { opType: 'Gemm', input: ['m', 'w2', 'b2'], output: ['g'], attributes: { transB: 1 } },
    { opType: 'Gemm', input: ['g', 'w3'], output: ['h'] },
    { opType: 'Tanh', input: ['h'], output: ['t'] },
    { opType: 'MatMul', input: ['t', 'w4'], output: ['y'] },
  ],
  dims: { m: [16, 48], g: [16, 40], h: [16, 24], t: [16, 24], y: [16, 10] },
};

describe('QOperator form', () => {
  it('has an operator for each op of a convolutional model, with the results of the fused QDQ form', async () => {
    const { nodes, kernels, difference, step } = await bothForms(image, { x: randomTensor([1, 8, 12, 12]) });
    expect(nodes).toEqual([
      'QuantizeLinear',
      'QLinearConv',
      'QLinearConv',
      'QLinearSigmoid',
      'QLinearMul',
      'QLinearAdd',
      'QLinearLeakyRelu',
      'QLinearConcat',
      'MaxPool',
      'QLinearAveragePool',
      'QLinearConv',
      'DequantizeLinear',
    ]);
    expect(kernels[1]).toEqual(kernels[0]);
    expect(difference).toBeLessThanOrEqual(step * 1.001);
  });

  it('has operators for matrix products that write codes, and for those that write float', async () => {
    const { nodes, kernels, difference, step } = await bothForms(perceptron, { x: randomTensor([16, 32]) });
    expect(nodes).toEqual([
      'QuantizeLinear',
      'QLinearMatMul',
      'QGemm',
      'QGemm',
      'Tanh',
      'QuantizeLinear',
      'MatMulIntegerToFloat',
    ]);
    expect(kernels[1]).toEqual(kernels[0]);
    expect(difference).toBeLessThanOrEqual(step * 1.001);
  });

  it('leaves QDQ around what has no operator, and the values of graph outputs', async () => {
    const spec: ModelSpec = {
      inputs: { x: [1, 8, 8, 8] },
      outputs: ['y', 'a'],
      weights: { w1: [8, 8, 3, 3], w2: [8, 1, 3, 3], w3: [8, 8, 3, 3] },
      nodes: [
        { opType: 'Conv', input: ['x', 'w1'], output: ['a'] },
        { opType: 'Conv', input: ['a', 'w2'], output: ['b'], attributes: { group: 8 } },
        { opType: 'Conv', input: ['b', 'w3'], output: ['y'] },
      ],
      dims: { a: [1, 8, 6, 6], b: [1, 8, 4, 4] },
    };
    const { nodes, difference, step } = await bothForms(spec, { x: randomTensor([1, 8, 8, 8]) }, ['Conv_1']);
    expect(nodes.filter((opType) => opType === 'QLinearConv')).toHaveLength(2);
    expect(nodes.filter((opType) => opType === 'Conv')).toHaveLength(1);
    expect(difference).toBeLessThanOrEqual(step * 1.001);
  });
});
