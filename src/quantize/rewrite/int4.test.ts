import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../base/tensor.ts';
import { decodeModel } from '../../onnx/decode.ts';
import { concatenate } from '../../base/bytes.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { worstDifference } from '../../onnx/testing/compare-tensors.ts';
import { modelCapability } from '../capability.ts';
import type { OpConfig, QuantizeConfig } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { buildModel, randomTensor, type ModelSpec } from '../testing/build-model.ts';
import { runModel } from '../testing/run-model.ts';
import { rewrite } from './rewrite.ts';
import { WeightCache } from './weight-cache.ts';

/** One op with a weight of each kind; 75 inputs leave the last block of 32 short. */
const models: readonly (readonly [string, ModelSpec])[] = [
  [
    'MatMul',
    {
      inputs: { x: [6, 75] },
      outputs: ['y'],
      weights: { w: [75, 64] },
      nodes: [{ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }],
    },
  ],
  [
    'MatMul of a stack of matrices',
    {
      inputs: { x: [3, 6, 64] },
      outputs: ['y'],
      weights: { w: [3, 64, 32] },
      nodes: [{ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }],
    },
  ],
  [
    'Gemm, transposed',
    {
      inputs: { x: [6, 75] },
      outputs: ['y'],
      weights: { w: [64, 75], b: [64] },
      nodes: [{ opType: 'Gemm', input: ['x', 'w', 'b'], output: ['y'], attributes: { transB: 1 } }],
    },
  ],
  [
    'Conv',
    {
      inputs: { x: [1, 16, 9, 9] },
      outputs: ['y'],
      weights: { w: [32, 16, 3, 3], b: [32] },
      nodes: [{ opType: 'Conv', input: ['x', 'w', 'b'], output: ['y'] }],
    },
  ],
  [
    'ConvTranspose',
    {
      inputs: { x: [1, 64, 5, 5] },
      outputs: ['y'],
      weights: { w: [64, 16, 3, 3] },
      nodes: [{ opType: 'ConvTranspose', input: ['x', 'w'], output: ['y'] }],
    },
  ],
  [
    'Gather of rows',
    {
      inputs: { x: [6, 100] },
      outputs: ['y'],
      weights: { table: [100, 48] },
      nodes: [
        { opType: 'ArgMax', input: ['x'], output: ['row'], attributes: { axis: 1, keepdims: 0 } },
        { opType: 'Gather', input: ['table', 'row'], output: ['y'] },
      ],
    },
  ],
  [
    'LSTM',
    {
      inputs: { x: [7, 2, 40] },
      outputs: ['y'],
      weights: { w: [1, 128, 40], r: [1, 128, 32] },
      nodes: [{ opType: 'LSTM', input: ['x', 'w', 'r'], output: ['y'], attributes: { hidden_size: 32 } }],
    },
  ],
];

function int4Config(model: PreparedModel, groupSize: number, matmulNBits = false): QuantizeConfig {
  const ops = modelCapability(model).ops.map(({ name, weightOnly = [] }): [string, OpConfig] => [
    name,
    weightOnly.find(({ weight }) => weight.groupSize === groupSize) ?? 'fp32',
  ]);
  return { ops: Object.fromEntries(ops), weightStorage: 'auto', ...(matmulNBits ? { matmulNBits } : {}) };
}

async function quantized(spec: ModelSpec, feeds: Record<string, Tensor>, groupSize = 32, matmulNBits = false) {
  const model = buildModel(spec);
  const file = encodeModel(model.graph.model);
  const float = await runModel(file, feeds, true);
  const made = rewrite(model, int4Config(model, groupSize, matmulNBits), {}, new WeightCache());
  const int4 = await runModel(concatenate(made.parts), feeds, true);
  const share = made.sizeBytes / file.length;
  const error = worstDifference(int4.outputs, float.outputs);
  return { ...made, float, kernels: int4.kernels, share, error, outputs: int4.outputs };
}

describe('4-bit weights', () => {
  it.each(models)('%s: the kernels of the float model, results near its own', async (_, spec) => {
    const feeds = { x: randomTensor(spec.inputs.x!) };
    const { kernels, float, error, ops } = await quantized(spec, feeds);
    expect(kernels).toEqual(float.kernels);
    expect(error).toBeGreaterThan(0.001);
    expect(error).toBeLessThan(0.15);
    expect(ops.at(-1)).toMatchObject({ precision: 'int4 weights' });
  });

  it('take about an eighth of the bytes, in groups of 128 less still', async () => {
    const spec: ModelSpec = {
      inputs: { x: [4, 256] },
      outputs: ['y'],
      weights: { w: [256, 512] },
      nodes: [{ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }],
    };
    const feeds = { x: randomTensor([4, 256]) };
    const [fine, coarse] = [await quantized(spec, feeds), await quantized(spec, feeds, 128)];
    expect(fine.share).toBeCloseTo(1 / 8 + 2 / (4 * 32), 2);
    expect(coarse.share).toBeCloseTo(1 / 8 + 2 / (4 * 128), 2);
    expect(coarse.error).toBeGreaterThan(fine.error);
    expect(fine.footprintBytes).toBe(4 * 4 * 256 + 4 * 256 * 512 + 4 * 4 * 512);
  });

  it('are no choice for small weights, and only where all readers of a weight ask for them', () => {
    const shared = buildModel({
      inputs: { x: [4, 64] },
      outputs: ['y', 'z', 's'],
      weights: { w: [64, 64], small: [64, 32] },
      nodes: [
        { opType: 'MatMul', input: ['x', 'w'], output: ['y'] },
        { opType: 'MatMul', input: ['y', 'w'], output: ['z'] },
        { opType: 'MatMul', input: ['x', 'small'], output: ['s'] },
      ],
    });
    const { ops } = modelCapability(shared);
    expect(ops.map(({ weightOnly }) => weightOnly?.map(({ weight }) => weight.groupSize))).toEqual([
      [32, 128],
      [32, 128],
      undefined,
    ]);
    const config = int4Config(shared, 32);
    const precisions = (chosen: QuantizeConfig) =>
      rewrite(shared, chosen, {}, new WeightCache()).ops.map(({ precision }) => precision);
    expect(precisions(config)).toEqual(['int4 weights', 'int4 weights', 'int8 weights']);
    const one = { ...config, ops: { ...config.ops, MatMul_1: 'fp32' as const } };
    expect(precisions(one)).toEqual(['int8 weights', 'int8 weights', 'int8 weights']);
  });
});

describe('MatMulNBits', () => {
  it('gives what unpacked weights give where blocks are the same', async () => {
    const spec: ModelSpec = {
      inputs: { x: [6, 96] },
      outputs: ['y'],
      weights: { w: [96, 64] },
      nodes: [{ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }],
    };
    const feeds = { x: randomTensor([6, 96]) };
    const [kernel, unpacked] = [await quantized(spec, feeds, 32, true), await quantized(spec, feeds)];
    expect(kernel.kernels).toEqual(['MatMulNBits']);
    expect(worstDifference(kernel.outputs, unpacked.outputs)).toBeLessThan(1e-5);
  });

  it.each([models[0]!, models[2]!])('%s: the kernel reads codes, the last block padded', async (_, spec) => {
    const feeds = { x: randomTensor(spec.inputs.x!) };
    const { kernels, error, ops, parts, footprintBytes } = await quantized(spec, feeds, 32, true);
    expect(kernels).toEqual(['MatMulNBits']);
    expect(error).toBeLessThan(0.12);
    expect(ops).toMatchObject([
      { name: ops[0]!.name, opType: ops[0]!.opType, precision: 'int4 weights', reason: expect.any(String) },
    ]);
    expect(decodeModel(concatenate(parts)).opsetImport.map(({ domain }) => domain)).toContain('com.microsoft');
    const unpacked = await quantized(spec, feeds);
    expect(footprintBytes).toBeLessThan(0.45 * unpacked.footprintBytes);
  });

  it('leaves what it cannot compute to unpacked weights', async () => {
    const [, conv] = models[3]!;
    const { kernels, float, ops } = await quantized(conv, { x: randomTensor(conv.inputs.x!) }, 32, true);
    expect(kernels).toEqual(float.kernels);
    expect(ops[0]).toMatchObject({ precision: 'int4 weights' });
  });
});
