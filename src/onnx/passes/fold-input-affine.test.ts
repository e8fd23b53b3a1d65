import { describe, expect, it } from 'vitest';
import { Graph } from '../graph.ts';
import type { TensorProto } from '../proto/onnx_pb.ts';
import { floats, readTensor } from '../tensor-proto.ts';
import { buildModel, type TestNode } from '../testing/build-model.ts';
import { checkParity, wave } from '../testing/check-parity.ts';
import { FOLD_INPUT_AFFINE } from './fold-input-affine.ts';

const weight = (...dims: number[]) => floats('w', [...(wave(dims).data as Float32Array)], dims);
const single = (name: string, value: number, dims: number[] = [1]) => floats(name, [value], dims);

interface Case {
  readonly dims: readonly number[];
  /** The last one reads `t`; before it, `t` is what the one before has computed. */
  readonly nodes: readonly Omit<TestNode, 'output'>[];
  readonly initializers: readonly TensorProto[];
  readonly remains: readonly string[];
}

const image = [1, 2, 4, 5];
const conv = { opType: 'Conv', input: ['t', 'w', 'b'] };
const padded = { ...conv, attributes: { pads: [1, 1, 1, 1] } };
const scale = { opType: 'Mul', input: ['s', 't'] };
const shift = { opType: 'Add', input: ['t', 'c'] };
const numbers = [single('s', -1.7), single('c', 0.3)];
const bias = floats('b', [1, -2, 3], [3]);

const CASES: Readonly<Record<string, Case>> = {
  'a product and a sum into a Conv': {
    dims: image,
    nodes: [scale, shift, conv],
    initializers: [...numbers, weight(3, 2, 3, 3), bias],
    remains: ['Conv'],
  },
  'a sum alone into a Conv without bias': {
    dims: image,
    nodes: [shift, { opType: 'Conv', input: ['t', 'w'], attributes: { auto_pad: 'VALID' } }],
    initializers: [single('c', 0.3), weight(3, 2, 3, 3)],
    remains: ['Conv'],
  },
  'a Conv with groups': {
    dims: image,
    nodes: [scale, shift, { opType: 'Conv', input: ['t', 'w'], attributes: { group: 2 } }],
    initializers: [...numbers, weight(4, 1, 3, 3)],
    remains: ['Conv'],
  },
  'what a Conv pads with zeros, but for the sum': {
    dims: image,
    nodes: [scale, shift, padded],
    initializers: [...numbers, weight(3, 2, 3, 3), bias],
    remains: ['Add', 'Conv'],
  },
  'the same with padding by name': {
    dims: image,
    nodes: [scale, shift, { ...conv, attributes: { auto_pad: 'SAME_UPPER' } }],
    initializers: [...numbers, weight(3, 2, 3, 3), bias],
    remains: ['Add', 'Conv'],
  },
  'a product behind a sum that is padded': {
    dims: image,
    nodes: [shift, scale, padded],
    initializers: [...numbers, weight(3, 2, 3, 3), bias],
    remains: ['Add', 'Conv'],
  },
  'a longer chain': {
    dims: image,
    nodes: [
      { opType: 'Sub', input: ['t', 'c'] },
      { opType: 'Div', input: ['t', 's'] },
      { opType: 'Sub', input: ['c', 't'] },
      conv,
    ],
    initializers: [single('s', 0.23, [1, 1, 1, 1]), single('c', 0.46, []), weight(3, 2, 3, 3), bias],
    remains: ['Conv'],
  },
  'into a ConvTranspose, but for the sum': {
    dims: image,
    nodes: [scale, shift, { opType: 'ConvTranspose', input: ['t', 'w', 'b'] }],
    initializers: [...numbers, weight(2, 3, 2, 2), bias],
    remains: ['Add', 'ConvTranspose'],
  },
  'into a Gemm': {
    dims: [2, 4],
    nodes: [scale, shift, { opType: 'Gemm', input: ['t', 'w', 'b'] }],
    initializers: [...numbers, weight(4, 3), bias],
    remains: ['Gemm'],
  },
  'into a transposed Gemm': {
    dims: [2, 4],
    nodes: [scale, shift, { opType: 'Gemm', input: ['t', 'w', 'b'], attributes: { transB: 1 } }],
    initializers: [...numbers, weight(3, 4), bias],
    remains: ['Gemm'],
  },
  'into a MatMul, but for the sum': {
    dims: [2, 3, 4],
    nodes: [scale, shift, { opType: 'MatMul', input: ['t', 'w'] }],
    initializers: [...numbers, weight(4, 3)],
    remains: ['Add', 'MatMul'],
  },
  'not what differs from channel to channel': {
    dims: image,
    nodes: [{ opType: 'Mul', input: ['t', 'v'] }, conv],
    initializers: [floats('v', [1, 2], [2, 1, 1]), weight(3, 2, 3, 3), bias],
    remains: ['Mul', 'Conv'],
  },
  'not a sum that is padded, alone': {
    dims: image,
    nodes: [shift, padded],
    initializers: [single('c', 0.3), weight(3, 2, 3, 3), bias],
    remains: ['Add', 'Conv'],
  },
  'not into what is no constant': {
    dims: [2, 2],
    nodes: [scale, { opType: 'MatMul', input: ['t', 'x'] }],
    initializers: [single('s', 2)],
    remains: ['Mul', 'MatMul'],
  },
  'not a square': {
    dims: image,
    nodes: [{ opType: 'Mul', input: ['t', 't'] }, conv],
    initializers: [weight(3, 2, 3, 3), bias],
    remains: ['Mul', 'Conv'],
  },
  'not what would leave weights without digits': {
    dims: image,
    nodes: [{ opType: 'Mul', input: ['t', 's'] }, conv],
    initializers: [single('s', 1e-38), weight(3, 2, 3, 3), bias],
    remains: ['Mul', 'Conv'],
  },
  'not a product with 0': {
    dims: image,
    nodes: [{ opType: 'Mul', input: ['t', 's'] }, shift, padded],
    initializers: [single('s', 0), single('c', 0.3), weight(3, 2, 3, 3), bias],
    remains: ['Mul', 'Add', 'Conv'],
  },
  'not what would make weights infinite': {
    dims: image,
    nodes: [scale, { opType: 'Conv', input: ['t', 'w'] }],
    initializers: [single('s', 100), floats('w', [1e-3, 1e37], [1, 2, 1, 1])],
    remains: ['Mul', 'Conv'],
  },
  'not what would make the sum infinite': {
    dims: image,
    nodes: [scale, shift, padded],
    initializers: [single('s', 1e-9), single('c', 1e30), weight(3, 2, 3, 3), bias],
    remains: ['Mul', 'Add', 'Conv'],
  },
  'not what makes the operand larger': {
    dims: [4],
    nodes: [scale, { opType: 'MatMul', input: ['t', 'w'] }],
    initializers: [single('s', 2, [1, 1]), weight(4, 3)],
    remains: ['Mul', 'MatMul'],
  },
  'not what is the bias as well': {
    dims: [3, 3],
    nodes: [scale, { opType: 'Gemm', input: ['t', 'w', 't'] }],
    initializers: [single('s', 2), weight(3, 3)],
    remains: ['Mul', 'Gemm'],
  },
  'not the factor that ONNX Runtime needs for Gelu': {
    dims: [2, 4],
    nodes: [
      { opType: 'Mul', input: ['t', 'root'] },
      { opType: 'Erf', input: ['t'] },
      { opType: 'Add', input: ['t', 'one'] },
      { opType: 'Mul', input: ['x', 't'] },
      { opType: 'Mul', input: ['t', 'half'] },
      { opType: 'MatMul', input: ['t', 'w'] },
    ],
    initializers: [single('root', Math.SQRT1_2), single('one', 1), single('half', 0.5), weight(4, 3)],
    remains: ['Mul', 'Erf', 'Add', 'Mul', 'Mul', 'MatMul'],
  },
};

function model({ dims, nodes, initializers }: Case, extra: readonly TestNode[] = [], outputs: readonly string[] = []) {
  const chain = nodes.map((node, index) => ({
    ...node,
    name: `n${index}`,
    input: node.input.map((name) => (name === 't' ? (index === 0 ? 'x' : `t${index - 1}`) : name)),
    output: [index === nodes.length - 1 ? 'y' : `t${index}`],
  }));
  const names = ['y', ...outputs, ...extra.flatMap(({ output }) => output)];
  return buildModel({
    nodes: [...chain, ...extra],
    inputs: { x: { dims } },
    outputs: Object.fromEntries(names.map((name) => [name, {}])),
    initializers,
  });
}

describe('fold-input-affine', () => {
  it.each(Object.entries(CASES))('folds %s', async (_, spec) => {
    const { graph, difference } = await checkParity(model(spec), [FOLD_INPUT_AFFINE]);
    const remaining = graph.sortedNodes();
    expect(remaining.map(({ opType }) => opType)).toEqual(spec.remains);
    const isSame = spec.remains.length === spec.nodes.length;
    if (isSame) expect(remaining.map(({ name }) => name)).toEqual(spec.nodes.map((_, i) => `n${i}`));
    expect(difference).toBeLessThan(1e-6);
  });

  const whole = CASES['a product and a sum into a Conv']!;

  it('stops at a tensor that something else reads', async () => {
    const reader = { opType: 'Relu', input: ['t0'], output: ['z'] };
    const { opTypes, difference } = await checkParity(model(whole, [reader]), [FOLD_INPUT_AFFINE]);
    expect(opTypes).toEqual(['Mul', 'Conv', 'Relu']);
    expect(difference).toBeLessThan(1e-6);
  });

  it('leaves an output of the model alone', async () => {
    const { opTypes, difference } = await checkParity(model(whole, [], ['t1']), [FOLD_INPUT_AFFINE]);
    expect(opTypes).toEqual(['Mul', 'Add', 'Conv']);
    expect(difference).toBe(0);
  });

  it('leaves a weight that something else reads as it was', async () => {
    const other = { opType: 'Conv', name: 'other', input: ['x', 'w', 'b'], output: ['z'] };
    const { opTypes, difference } = await checkParity(model(whole, [other]), [FOLD_INPUT_AFFINE]);
    expect(opTypes).toEqual(['Mul', 'Add', 'Conv', 'Conv']);
    expect(difference).toBe(0);
  });

  it('leaves a bias that something else reads as it was', async () => {
    const other = { opType: 'Identity', input: ['b'], output: ['z'] };
    const { opTypes, difference } = await checkParity(model(whole, [other]), [FOLD_INPUT_AFFINE]);
    expect(opTypes).toEqual(['Conv', 'Identity']);
    expect(difference).toBeLessThan(1e-6);
  });

  it('leaves what would make the bias infinite', () => {
    const graph = new Graph(
      model({
        dims: image,
        nodes: [shift, conv],
        initializers: [single('c', 3e38), floats('w', [1, 1], [1, 2, 1, 1]), floats('b', [0], [1])],
        remains: [],
      }),
    );
    FOLD_INPUT_AFFINE.run(graph, () => undefined);
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Add', 'Conv']);
  });

  it('rounds once: factors are multiplied in float64', async () => {
    const [factor, value] = [Math.fround(1 / 3), Math.fround(0.3)];
    const spec: Case = {
      dims: [1, 4],
      nodes: [scale, scale, { opType: 'Gemm', input: ['t', 'w'] }],
      initializers: [floats('w', new Array<number>(4).fill(value), [4, 1]), single('s', factor)],
      remains: ['Gemm'],
    };
    const { graph } = await checkParity(model(spec), [FOLD_INPUT_AFFINE]);
    const once = Math.fround(value * factor * factor);
    expect(once).not.toBe(Math.fround(value * Math.fround(factor * factor)));
    expect(readTensor(graph.initializer('w')!).data[0]).toBe(once);
  });
});
