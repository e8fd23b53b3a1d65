import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../base/tensor.ts';
import { concatenate } from '../../base/bytes.ts';
import { buildGraph, type TestNode } from '../../onnx/testing/build-model.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { randomTensor } from '../testing/build-model.ts';
import { emittedForm } from '../testing/emitted-form.ts';
import { emissionFaults } from '../testing/emission-faults.ts';
import { constant, integers, prepare, random } from '../testing/prepared-net.ts';
import { allInt8, quantizeAndRun, rangesOf } from '../testing/quantize-and-run.ts';
import { runModel } from '../testing/run-model.ts';
import { rewrite } from './rewrite.ts';
import { WeightCache } from './weight-cache.ts';

const node = (opType: string, input: string[], output: string, attributes: TestNode['attributes'] = {}): TestNode => ({
  opType,
  input,
  output: [output],
  attributes,
});

async function quantized(model: PreparedModel, feeds: Record<string, Tensor>, float: readonly string[] = []) {
  const made = await quantizeAndRun(model, allInt8(model, float), feeds);
  const bytes = concatenate(made.parts);
  expect(emissionFaults(bytes)).toEqual([]);
  expect(made.error).toBeLessThan(0.04);
  return { ...made, form: emittedForm(bytes) };
}

describe('weights with several readers', () => {
  it('are quantized once per axis', async () => {
    const model = prepare({
      nodes: [node('MatMul', ['x', 'w'], 'h'), node('Gemm', ['h', 'w'], 'y', { transB: 1 })],
      constants: [random('w', [6, 6])],
      dims: [9, 6],
    });
    const { form, kernels } = await quantized(model, { x: randomTensor([9, 6]) });
    const [first, second] = model.graph.nodes.map(({ name }) => form.constants[name]!['1']!);
    expect([first!.axis, second!.axis]).toEqual([1, 0]);
    expect(first!.scales).not.toEqual(second!.scales);
    expect(kernels).toContain('QGemm');
  });

  it('stay float for float readers', async () => {
    const model = prepare({
      nodes: [node('MatMul', ['x', 'w'], 'h'), node('Sub', ['h', 'w'], 'y')],
      constants: [random('w', [9, 9])],
      dims: [9, 9],
    });
    const { form } = await quantized(model, { x: randomTensor([9, 9]) });
    expect(Object.values(form.constants)).toHaveLength(1);
  });

  it('and a bias that several read is quantized for each: its scale is that of input and weight', async () => {
    const model = prepare({
      nodes: [node('Conv', ['x', 'w', 'c'], 'a'), node('Tanh', ['a'], 't'), node('Conv', ['t', 'w', 'c'], 'y')],
      constants: [random('w', [4, 4, 3, 3]), random('c', [4])],
    });
    const { form } = await quantized(model, { x: randomTensor([1, 4, 8, 8]) });
    const [first, , last] = model.graph.nodes.map(({ name }) => form.constants[name]?.['2']);
    expect(first!.scales).not.toEqual(last!.scales);
    expect(first!.codes).not.toEqual(last!.codes);
  });

  it('are left float on the left side of a product', async () => {
    const model = prepare({
      nodes: [node('MatMul', ['w', 'x'], 'y')],
      constants: [random('w', [5, 9])],
      dims: [9, 6],
    });
    const { kernels } = await quantized(model, { x: randomTensor([9, 6]) });
    expect(kernels).toEqual(['MatMul']);
  });
});

describe('readers of every kind', () => {
  const filters = [random('first', [4, 4, 3, 3]), random('last', [4, 4, 1, 1])];

  it('a Conv in front of an int8 and a float reader stays an integer kernel', async () => {
    const model = prepare({
      nodes: [
        node('Conv', ['x', 'first'], 'a'),
        node('Conv', ['a', 'last'], 'b'),
        node('Tanh', ['a'], 't'),
        node('Sub', ['b', 't'], 'y'),
      ],
      constants: filters,
    });
    const { kernels } = await quantized(model, { x: randomTensor([1, 4, 8, 8]) });
    expect(kernels.filter((kernel) => kernel === 'QLinearConv')).toHaveLength(2);
  });

  it('a Relu whose input is an output of the model too is not absorbed', async () => {
    const model = prepare(
      {
        nodes: [node('Conv', ['x', 'first'], 'a'), node('Relu', ['a'], 'r'), node('Conv', ['r', 'last'], 'y')],
        constants: filters,
      },
      { outputs: ['a', 'y'] },
    );
    const { kernels } = await quantized(model, { x: randomTensor([1, 4, 8, 8]) });
    expect(kernels.filter((kernel) => kernel === 'QLinearConv')).toHaveLength(2);
  });

  it('an input of the model that goes straight into a Concat', async () => {
    const model = prepare({
      nodes: [
        node('Conv', ['x', 'last'], 'a'),
        node('Concat', ['a', 'x'], 'b', { axis: 1 }),
        node('Conv', ['b', 'wide'], 'y'),
      ],
      constants: [...filters, random('wide', [4, 8, 1, 1])],
    });
    const { kernels } = await quantized(model, { x: randomTensor([1, 4, 8, 8]) });
    expect(kernels.filter((kernel) => kernel === 'QLinearConv')).toHaveLength(2);
  });

  it('a body that captures an int8 tensor and a weight reads both by their names', async () => {
    const branch = (opType: string) => buildGraph({ nodes: [node(opType, ['a', 'w'], 'z')], outputs: { z: {} } });
    const model = prepare(
      {
        nodes: [
          node('MatMul', ['x', 'w'], 'a'),
          node('MatMul', ['a', 'w'], 'b'),
          node('If', ['flag'], 'c', { then_branch: branch('MatMul'), else_branch: branch('Sub') }),
          node('Add', ['b', 'c'], 'y'),
        ],
        constants: [random('w', [9, 9])],
      },
      { inputs: { x: { dims: [9, 9] }, flag: { type: 'bool', dims: [] } } },
    );
    for (const flag of [0, 1]) {
      const feeds: Record<string, Tensor> = {
        x: randomTensor([9, 9]),
        flag: { type: 'bool', dims: [], data: Uint8Array.of(flag) },
      };
      const { kernels } = await quantized(model, feeds);
      expect(kernels).toContain('QLinearMatMul');
    }
  });
});

describe('names', () => {
  it.each(['', 'same'])('nodes that are all called "%s" are told apart', async (name) => {
    const model = prepare({
      nodes: [node('Conv', ['x', 'w'], 'a'), node('Relu', ['a'], 'r'), node('Conv', ['r', 'w'], 'y')].map((each) => ({
        ...each,
        name,
      })),
      constants: [random('w', [4, 4, 3, 3])],
    });
    expect(new Set(model.graph.nodes.map((each) => each.name)).size).toBe(3);
    const { kernels } = await quantized(model, { x: randomTensor([1, 4, 8, 8]) });
    expect(kernels.filter((kernel) => kernel === 'QLinearConv')).toHaveLength(2);
  });

  it('tensors that are called as emission would call its own keep their names', async () => {
    const model = prepare({
      nodes: [
        node('Conv', ['x', 'w'], 'x_QuantizeLinear_Output'),
        node('Conv', ['x_QuantizeLinear_Output', 'x_scale'], 'y'),
      ],
      constants: [random('w', [4, 4, 3, 3]), random('x_scale', [4, 4, 3, 3])],
    });
    await quantized(model, { x: randomTensor([1, 4, 8, 8]) });
  });
});

describe('shapes', () => {
  it('an int8 model takes other sizes than those of the calibration', async () => {
    const model = prepare(
      {
        nodes: [
          node('Conv', ['x', 'w'], 'a'),
          node('Conv', ['a', 'v'], 'b', { group: 4 }),
          node('Conv', ['b', 'w'], 'y'),
        ],
        constants: [random('w', [4, 4, 3, 3]), random('v', [4, 1, 3, 3])],
      },
      { dims: ['N', 4, 'H', 'W'] },
    );
    const config = allInt8(model, [model.graph.nodes[1]!.name]);
    const ranges = await rangesOf(model, config, { x: randomTensor([1, 4, 8, 8]) });
    const int8 = concatenate(rewrite(model, config, ranges, new WeightCache()).parts);
    expect(emissionFaults(int8)).toEqual([]);
    const { outputs } = await runModel(int8, { x: randomTensor([3, 4, 11, 9]) });
    expect(outputs['y']!.dims).toEqual([3, 4, 5, 3]);
  });

  it('empty tensors pass through int8 ops', async () => {
    const model = prepare(
      {
        nodes: [
          node('MatMul', ['x', 'w'], 'a'),
          node('Slice', ['a', 'zero', 'zero', 'zero'], 'e'),
          node('Concat', ['a', 'e'], 'b', { axis: 0 }),
          node('MatMul', ['b', 'w'], 'y'),
        ],
        constants: [random('w', [6, 6]), integers('zero', [0])],
      },
      { dims: ['N', 6] },
    );
    await quantized(model, { x: randomTensor([9, 6]) });
    const config = allInt8(model);
    const ranges = await rangesOf(model, config, { x: randomTensor([9, 6]) });
    const int8 = concatenate(rewrite(model, config, ranges, new WeightCache()).parts);
    const { outputs } = await runModel(int8, { x: randomTensor([0, 6]) });
    expect(outputs['y']!.dims).toEqual([0, 6]);
  });

  it('a constant without elements is kept as it is', async () => {
    const model = prepare({
      nodes: [node('MatMul', ['x', 'w'], 'a'), node('Concat', ['a', 'none'], 'y', { axis: 1 })],
      constants: [random('w', [6, 6]), constant('none', [], [9, 0])],
      dims: [9, 6],
    });
    const { kernels } = await quantized(model, { x: randomTensor([9, 6]) });
    expect(kernels).toContain('MatMulIntegerToFloat');
  });

  it('pictures with channels last', async () => {
    const model = prepare({
      nodes: [
        node('Transpose', ['x'], 't', { perm: [0, 3, 1, 2] }),
        node('Conv', ['t', 'w'], 'c'),
        node('Transpose', ['c'], 'y', { perm: [0, 2, 3, 1] }),
      ],
      constants: [random('w', [4, 3, 3, 3])],
      dims: [1, 8, 8, 3],
    });
    const { kernels } = await quantized(model, { x: randomTensor([1, 8, 8, 3]) });
    expect(kernels).toContain('QLinearConv');
  });

  it('token ids of int64 beside a mask', async () => {
    const model = prepare(
      {
        nodes: [
          node('Gather', ['table', 'ids'], 'e'),
          node('Mul', ['e', 'mask'], 'm'),
          node('MatMul', ['m', 'w'], 'y'),
        ],
        constants: [random('table', [20, 16]), random('w', [16, 8])],
      },
      { inputs: { ids: { type: 'int64', dims: ['N', 9] }, mask: { dims: ['N', 9, 1] } } },
    );
    const ids: Tensor = { type: 'int64', dims: [1, 9], data: BigInt64Array.from([3, 1, 4, 1, 5, 9, 2, 6, 19], BigInt) };
    const mask: Tensor = {
      type: 'float32',
      dims: [1, 9, 1],
      data: Float32Array.from({ length: 9 }, (_, i) => +(i < 6)),
    };
    const { kernels } = await quantized(model, { ids, mask });
    expect(kernels).toContain('MatMulIntegerToFloat');
  });
});
