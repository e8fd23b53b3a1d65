import { describe, expect, it } from 'vitest';
import { decodeModel } from '../onnx/decode.ts';
import { concatenate } from '../base/bytes.ts';
import { modelCapability } from './capability.ts';
import type { Int8OpConfig, OpConfig, QuantizeConfig, WeightStorage } from './config.ts';
import { footprintBytes } from './footprint.ts';
import type { PreparedModel } from './prepared-model.ts';
import { rewrite, type QuantizedModel } from './rewrite/rewrite.ts';
import { WeightCache } from './rewrite/weight-cache.ts';
import { buildModel } from './testing/build-model.ts';

const node = (opType: string, input: string[], output: string[]) => ({ opType, input, output });

/** x [1, 16] → MatMul → h [1, 32] → Relu → r [1, 32] → MatMul → y [1, 8]. */
const perceptron = buildModel({
  inputs: { x: [1, 16] },
  outputs: ['y'],
  weights: { w: [16, 32], v: [32, 8] },
  nodes: [node('MatMul', ['x', 'w'], ['h']), node('Relu', ['h'], ['r']), node('MatMul', ['r', 'v'], ['y'])],
  dims: { h: [1, 32], r: [1, 32], y: [1, 8] },
});
const FLOAT_WEIGHTS = 4 * (16 * 32 + 32 * 8);
/** At Relu: x (held by the caller), h, r. */
const FLOAT_PEAK = 4 * (16 + 32 + 32);

function quantized(
  model: PreparedModel,
  choose: (options: readonly Int8OpConfig[]) => OpConfig,
  weightStorage: WeightStorage = 'float32',
): QuantizedModel {
  const ops = modelCapability(model).ops.map(({ name, int8 }): [string, OpConfig] => [name, choose(int8)]);
  const config: QuantizeConfig = { ops: Object.fromEntries(ops), weightStorage };
  const range = { min: -1, max: 1 };
  const minmax = Object.fromEntries([...model.infos.keys()].map((name) => [name, range]));
  return rewrite(model, config, { minmax }, new WeightCache());
}

function opTypesOf(parts: QuantizedModel['parts']): (string | undefined)[] {
  return decodeModel(concatenate(parts)).graph!.node.map(({ opType }) => opType);
}

const float = (): OpConfig => 'fp32';
const inMode =
  (mode: Int8OpConfig['mode']) =>
  (options: readonly Int8OpConfig[]): OpConfig =>
    options.find((option) => option.mode === mode) ?? 'fp32';

describe('footprintBytes', () => {
  it('is the weights and the largest sum of live tensors', () => {
    expect(footprintBytes(perceptron.graph, perceptron.infos)).toBe(FLOAT_WEIGHTS + FLOAT_PEAK);
  });

  it('keeps a tensor to its last reader, and frees it then', () => {
    const { graph, infos } = buildModel({
      inputs: { x: [1, 10] },
      outputs: ['y'],
      weights: {},
      nodes: [
        node('Exp', ['x'], ['a']),
        node('Tanh', ['a'], ['b']),
        node('Tanh', ['b'], ['c']),
        node('Add', ['c', 'a'], ['d']),
        node('ReduceMax', ['d'], ['y']),
      ],
      dims: { y: [1, 1] },
    });
    // x, and a, b, c while the second Tanh runs (a waits for Add); a, c, d at Add.
    expect(footprintBytes(graph, infos)).toBe(4 * 40);
  });

  it('counts views once and sizes that are not known as 1', () => {
    const spec = {
      inputs: { x: [1, 10] },
      outputs: ['y'],
      weights: {},
      nodes: [node('Flatten', ['x'], ['a']), node('Flatten', ['a'], ['b']), node('Mystery', ['b'], ['y'])],
    };
    const { graph, infos } = buildModel(spec);
    expect(footprintBytes(graph, infos)).toBe(40 + 4);
    expect(footprintBytes(graph, new Map([...infos, ['x', { type: 'float32', dims: [null, 10] }]]))).toBe(40 + 4);
    expect(footprintBytes(graph, new Map([...infos, ['y', { type: 'float32', dims: [null, 6] }]]))).toBe(40 + 24);
  });

  it.each(['int8', 'float16', 'float32'] as const)('is that of float for weights stored as %s', (storage) => {
    const { footprintBytes: found, sizeBytes } = quantized(perceptron, float, storage);
    expect(found).toBe(FLOAT_WEIGHTS + FLOAT_PEAK);
    if (storage !== 'float32') expect(sizeBytes).toBeLessThan(FLOAT_WEIGHTS);
  });

  it('counts codes between static ops, and their weights as codes', () => {
    const { footprintBytes: found, parts, ops } = quantized(perceptron, inMode('static'));
    expect(ops.filter(({ precision }) => precision === 'int8').map(({ opType }) => opType)).toEqual([
      'MatMul',
      'MatMul',
    ]);
    expect(opTypesOf(parts).filter((opType) => opType === 'QuantizeLinear')).toHaveLength(2);
    // Codes, and a float scale and a zero point for each of 32 and 8 columns and for x and r; y is written in float.
    const weights = 16 * 32 + 32 * 8 + (4 + 1) * (32 + 8 + 2);
    // Relu is the range of r's codes. At the second product: x (held by the caller), r's codes, y.
    expect(found).toBe(weights + 4 * 16 + 32 + 4 * 8);
  });

  it('counts what one kernel of a dynamic op reads and writes', () => {
    const { footprintBytes: found, parts } = quantized(perceptron, inMode('dynamic'));
    expect(opTypesOf(parts).filter((opType) => opType === 'MatMulInteger')).toHaveLength(2);
    const weights = 16 * 32 + 32 * 8 + (4 + 1) * (32 + 8);
    // Relu computes in float: the peak lies there, as in the float model.
    expect(found).toBe(weights + FLOAT_PEAK);
  });

  it('counts the integer sums of a dynamic Conv, which no kernel takes in', () => {
    const conv = buildModel({
      inputs: { x: [1, 4, 6, 6] },
      outputs: ['y'],
      weights: { w: [8, 4, 3, 3] },
      nodes: [node('Conv', ['x', 'w'], ['y'])],
      dims: { y: [1, 8, 4, 4] },
    });
    const { footprintBytes: found } = quantized(conv, inMode('dynamic'));
    const weights = 8 * 4 * 9 + 4 * 8 + 1;
    // At Cast: x (held by the caller), sums and their floats, and the scale of x, which waits for its Mul.
    expect(found).toBe(weights + 4 * 4 * 36 + 2 * 4 * 8 * 16 + 4);
  });

  it('counts codes for int8 readers beside floats for the others', () => {
    const fork = buildModel({
      inputs: { x: [1, 16] },
      outputs: ['y', 'z'],
      weights: { w: [16, 32], v: [32, 8] },
      nodes: [node('MatMul', ['x', 'w'], ['h']), node('MatMul', ['h', 'v'], ['y']), node('ReduceMax', ['h'], ['z'])],
      dims: { h: [1, 32], y: [1, 8], z: [1, 1] },
    });
    const { footprintBytes: found } = quantized(fork, inMode('static'));
    const weights = 16 * 32 + 32 * 8 + (4 + 1) * (32 + 8 + 2);
    // At the second product: x, h's codes, h for ReduceMax, y.
    expect(found).toBe(weights + 4 * 16 + 32 + 4 * 32 + 4 * 8);
  });
});
