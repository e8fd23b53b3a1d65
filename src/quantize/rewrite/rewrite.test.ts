import { describe, expect, it } from 'vitest';
import { decodeModel } from '../../onnx/decode.ts';
import { concatenate } from '../../base/bytes.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { modelCapability } from '../capability.ts';
import type { OpConfig } from '../config.ts';
import { readTensor } from '../../onnx/tensor-proto.ts';
import { buildModel, randomTensor } from '../testing/build-model.ts';
import { allInt8, quantizeAndRun } from '../testing/quantize-and-run.ts';
import { runModel } from '../testing/run-model.ts';
import { calibrationTensors } from './activation-parameters.ts';
import { selectOps } from './select.ts';

const convNet = () =>
  buildModel({
    inputs: { x: [1, 8, 12, 12] },
    outputs: ['y'],
    weights: { w1: [16, 8, 3, 3], b1: [16], w2: [16, 16, 3, 3], b2: [16] },
    nodes: [
      { opType: 'Conv', input: ['x', 'w1', 'b1'], output: ['c1'] },
      { opType: 'Relu', input: ['c1'], output: ['r1'] },
      { opType: 'MaxPool', input: ['r1'], output: ['p1'], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
      { opType: 'Conv', input: ['p1', 'w2', 'b2'], output: ['y'] },
    ],
    dims: { c1: [1, 16, 10, 10], r1: [1, 16, 10, 10], p1: [1, 16, 5, 5], y: [1, 16, 3, 3] },
  });

describe('known ranges', () => {
  it.each(['Sigmoid', 'HardSigmoid', 'Softmax'])(
    '%s in front of a MatMul needs no calibration: 0 to 1',
    async (opType) => {
      const model = buildModel({
        inputs: { x: [8, 16] },
        outputs: ['y'],
        weights: { w: [16, 8] },
        nodes: [
          { opType, input: ['x'], output: ['s'] },
          { opType: 'MatMul', input: ['s', 'w'], output: ['y'] },
        ],
      });
      const config = allInt8(model, [`${opType}_0`]);
      expect(calibrationTensors(model, selectOps(model, config))).toEqual(['y']);
      const { parts, error } = await quantizeAndRun(model, config, { x: randomTensor([8, 16]) });
      const { graph } = decodeModel(concatenate(parts));
      const scale = graph?.initializer.find(({ name }) => name === 's_scale');
      expect(readTensor(scale!).data[0]).toBe(Math.fround(1 / 255));
      expect(error).toBeLessThan(0.05);
    },
  );
});

describe('static rewrite', () => {
  const x = randomTensor([1, 8, 12, 12]);

  it('turns Conv, Relu, MaxPool, Conv into integer kernels only', async () => {
    const model = convNet();
    const { kernels, error, ops } = await quantizeAndRun(model, allInt8(model), { x });
    expect(kernels.filter((kernel) => kernel === 'QLinearConv')).toHaveLength(2);
    expect(kernels).not.toContain('Conv');
    expect(kernels).not.toContain('FusedConv');
    expect(kernels).not.toContain('Relu');
    expect(kernels.filter((kernel) => kernel === 'QuantizeLinear')).toHaveLength(1);
    expect(kernels.filter((kernel) => kernel === 'DequantizeLinear')).toHaveLength(1);
    expect(error).toBeLessThan(0.03);
    expect(ops.map(({ precision }) => precision)).toEqual(['int8', 'float32', 'int8', 'int8']);
  });

  it('leaves a glue op float when nothing behind it computes in int8', async () => {
    const model = convNet();
    const { kernels } = await quantizeAndRun(model, allInt8(model, ['Conv_3']), { x });
    expect(kernels.filter((kernel) => kernel === 'QLinearConv')).toHaveLength(1);
    expect(kernels.some((kernel) => kernel === 'Conv' || kernel === 'FusedConv')).toBe(true);
  });

  it('does not edit the float model', async () => {
    const model = convNet();
    const before = encodeModel(model.graph.model);
    await quantizeAndRun(model, allInt8(model), { x });
    expect(encodeModel(model.graph.model)).toEqual(before);
  });

  it('keeps a float Conv between int8 Convs float: the barrier stops ONNX Runtime from quantizing it by itself', async () => {
    const model = buildModel({
      inputs: { x: [1, 8, 8, 8] },
      outputs: ['y'],
      weights: { w1: [8, 8, 3, 3], w2: [8, 1, 3, 3], w3: [8, 8, 3, 3] },
      nodes: [
        { opType: 'Conv', input: ['x', 'w1'], output: ['a'] },
        { opType: 'Conv', input: ['a', 'w2'], output: ['b'], attributes: { group: 8 } },
        { opType: 'Relu', input: ['b'], output: ['r'] },
        { opType: 'Conv', input: ['r', 'w3'], output: ['y'] },
      ],
      dims: { a: [1, 8, 6, 6], b: [1, 8, 4, 4], r: [1, 8, 4, 4] },
    });
    const feeds = { x: randomTensor([1, 8, 8, 8]) };
    const { kernels } = await quantizeAndRun(model, allInt8(model, ['Conv_1']), feeds);
    expect(kernels.filter((kernel) => kernel === 'QLinearConv')).toHaveLength(2);
    expect(kernels.filter((kernel) => kernel === 'FusedConv' || kernel === 'Conv')).toHaveLength(1);
  });

  it('keeps a ConvTranspose between int8 Convs float, its weight in 8 bits per output channel (axis 1)', async () => {
    const rows = Array.from({ length: 8 * 8 * 9 }, (_, i) => Math.sin(i) * 10 ** (Math.floor(i / 9) % 8));
    const model = buildModel({
      inputs: { x: [1, 8, 8, 8] },
      outputs: ['y'],
      weights: { w1: [8, 8, 3, 3], w2: { dims: [8, 8, 3, 3], values: rows }, w3: [8, 8, 3, 3] },
      nodes: [
        { opType: 'Conv', input: ['x', 'w1'], output: ['a'] },
        { opType: 'ConvTranspose', input: ['a', 'w2'], output: ['b'] },
        { opType: 'Conv', input: ['b', 'w3'], output: ['y'] },
      ],
      dims: { a: [1, 8, 6, 6], b: [1, 8, 8, 8] },
    });
    const feeds = { x: randomTensor([1, 8, 8, 8]) };
    const { kernels, ops, parts } = await quantizeAndRun(model, { ...allInt8(model), weightStorage: 'int8' }, feeds);
    expect(kernels.filter((kernel) => kernel === 'QLinearConv')).toHaveLength(2);
    expect(kernels).toContain('ConvTranspose');
    expect(ops.map(({ precision }) => precision)).toEqual(['int8', 'int8 weights', 'int8']);
    const scale = decodeModel(concatenate(parts)).graph!.initializer.find(({ name }) => name === 'w2_scale');
    expect(scale?.dims).toEqual([1n, 8n, 1n, 1n]);
  });

  it('keeps the names of graph outputs that are inner tensors', async () => {
    const model = buildModel({
      inputs: { x: [1, 8, 8, 8] },
      outputs: ['y', 'a'],
      weights: { w1: [8, 8, 3, 3], w2: [8, 8, 3, 3] },
      nodes: [
        { opType: 'Conv', input: ['x', 'w1'], output: ['a'] },
        { opType: 'Conv', input: ['a', 'w2'], output: ['y'] },
      ],
      dims: { a: [1, 8, 6, 6] },
    });
    const { kernels, error } = await quantizeAndRun(model, allInt8(model), { x: randomTensor([1, 8, 8, 8]) });
    expect(kernels.filter((kernel) => kernel === 'QLinearConv')).toHaveLength(2);
    expect(error).toBeLessThan(0.03);
  });

  it('adds residual branches in int8 between int8 Convs', async () => {
    const model = buildModel({
      inputs: { x: [1, 8, 8, 8] },
      outputs: ['y'],
      weights: { w1: [8, 8, 3, 3], w2: [8, 8, 3, 3], w3: [8, 8, 3, 3] },
      nodes: [
        { opType: 'Conv', input: ['x', 'w1'], output: ['a'], attributes: { pads: [1, 1, 1, 1] } },
        { opType: 'Conv', input: ['a', 'w2'], output: ['b'], attributes: { pads: [1, 1, 1, 1] } },
        { opType: 'Add', input: ['a', 'b'], output: ['s'] },
        { opType: 'Relu', input: ['s'], output: ['r'] },
        { opType: 'Conv', input: ['r', 'w3'], output: ['y'] },
      ],
    });
    const { kernels, error } = await quantizeAndRun(model, allInt8(model), { x: randomTensor([1, 8, 8, 8]) });
    expect(kernels).toContain('QLinearAdd');
    expect(kernels).not.toContain('Relu');
    expect(error).toBeLessThan(0.04);
  });
});

describe.each(['static', 'dynamic'] as const)('%s matrix products', (mode) => {
  const build = () =>
    buildModel({
      inputs: { x: [16, 32] },
      outputs: ['y'],
      weights: { w1: [32, 48], w2: [10, 48], b2: [10] },
      nodes: [
        { opType: 'MatMul', input: ['x', 'w1'], output: ['m'] },
        { opType: 'Tanh', input: ['m'], output: ['t'] },
        { opType: 'Gemm', input: ['t', 'w2', 'b2'], output: ['y'], attributes: { transB: 1 } },
      ],
      dims: { m: [16, 48], t: [16, 48], y: [16, 10] },
    });

  it.each(['per_channel', 'per_tensor'] as const)('%s weights run in integer kernels', async (granularity) => {
    const model = build();
    const ops = modelCapability(model).ops.map(({ name, int8 }): [string, OpConfig] => [
      name,
      int8.find((option) => option.mode === mode && option.weight.granularity === granularity) ?? 'fp32',
    ]);
    const config = { ops: Object.fromEntries(ops), weightStorage: 'float32' } as const;
    const { kernels, error } = await quantizeAndRun(model, config, { x: randomTensor([16, 32]) });
    const integer = mode === 'static' ? ['MatMulIntegerToFloat', 'QGemm'] : ['DynamicQuantizeMatMul'];
    for (const kernel of integer) expect(kernels).toContain(kernel);
    expect(kernels).not.toContain('MatMul');
    expect(kernels).not.toContain('Gemm');
    expect(error).toBeLessThan(0.03);
  });
});

describe('weight storage', () => {
  it.each(['int8', 'float16', 'auto'] as const)(
    '%s folds away: the same kernels as the float model, a smaller file',
    async (storage) => {
      const model = buildModel({
        inputs: { x: [1, 8, 12, 12] },
        outputs: ['y'],
        weights: { w1: [16, 8, 3, 3], w2: [1600, 10], b2: [10] },
        nodes: [
          { opType: 'Conv', input: ['x', 'w1'], output: ['c'] },
          { opType: 'Relu', input: ['c'], output: ['r'] },
          { opType: 'Flatten', input: ['r'], output: ['f'] },
          { opType: 'Gemm', input: ['f', 'w2', 'b2'], output: ['y'] },
        ],
      });
      const feeds = { x: randomTensor([1, 8, 12, 12]) };
      const float = await runModel(encodeModel(model.graph.model), feeds, true);
      const { kernels, error, sizeBytes } = await quantizeAndRun(model, { ops: {}, weightStorage: storage }, feeds);
      expect(kernels).toEqual(float.kernels);
      expect(error).toBeLessThan(storage === 'float16' ? 0.001 : 0.01);
      const share = sizeBytes / encodeModel(model.graph.model).length;
      expect(share).toBeLessThan(storage === 'float16' ? 0.55 : 0.4);
    },
  );
});

describe('neighbours of different kinds', () => {
  const chain = () =>
    buildModel({
      inputs: { x: [16, 32] },
      outputs: ['y'],
      weights: { w1: [32, 48], w2: [48, 10] },
      nodes: [
        { opType: 'MatMul', input: ['x', 'w1'], output: ['m'] },
        { opType: 'Relu', input: ['m'], output: ['r'] },
        { opType: 'MatMul', input: ['r', 'w2'], output: ['y'] },
      ],
      dims: { m: [16, 48], r: [16, 48], y: [16, 10] },
    });
  const form = (mode: 'static' | 'dynamic', scheme: 'sym' | 'asym'): OpConfig => ({
    mode,
    weight: { dtype: 'int8', scheme: 'sym', granularity: 'per_tensor', algorithm: 'minmax' },
    activation: { dtype: 'uint8', scheme, granularity: 'per_tensor', algorithm: 'minmax' },
  });

  it.each([
    ['a dynamic op keeps the Relu in front of a static one', form('dynamic', 'asym'), form('static', 'asym')],
    ['a Relu is absorbed whatever its reader would like', form('static', 'asym'), form('static', 'sym')],
    ['a Relu behind a symmetric op stays', form('static', 'sym'), form('static', 'asym')],
  ])('%s', async (_, first, second) => {
    const config = { ops: { MatMul_0: first, MatMul_2: second }, weightStorage: 'float32' } as const;
    const { error } = await quantizeAndRun(chain(), config, { x: randomTensor([16, 32]) });
    expect(error).toBeLessThan(0.03);
  });
});
