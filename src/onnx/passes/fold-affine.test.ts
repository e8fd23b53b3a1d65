import { describe, expect, it } from 'vitest';
import type { TensorProto } from '../proto/onnx_pb.ts';
import { floats, readTensor } from '../tensor-proto.ts';
import { buildModel, type TestNode } from '../testing/build-model.ts';
import { checkParity, wave } from '../testing/check-parity.ts';
import { FOLD_AFFINE } from './fold-affine.ts';

const weight = (...dims: number[]) => floats('w', [...(wave(dims).data as Float32Array)], dims);
const vector = (name: string, values: number[], dims?: number[]) => floats(name, values, dims);
const normalization = (channels: number) =>
  ['g', 'b', 'm', 'v'].map((name, i) =>
    vector(
      name,
      Array.from({ length: channels }, (_, c) => 0.5 + c + i),
    ),
  );

interface Case {
  readonly dims: readonly number[];
  readonly first: Omit<TestNode, 'output'>;
  readonly followers: readonly Omit<TestNode, 'output'>[];
  readonly initializers: readonly TensorProto[];
  /** Operators that remain; only the first one where all is folded. */
  readonly remains?: readonly string[];
}

const conv = { opType: 'Conv', input: ['x', 'w'] };
const batchNorm = {
  opType: 'BatchNormalization',
  input: ['t', 'g', 'b', 'm', 'v'],
  attributes: { epsilon: { float: 0.01 } },
};
const image = [1, 2, 4, 4];

const CASES: Readonly<Record<string, Case>> = {
  'BatchNormalization into Conv': {
    dims: image,
    first: { opType: 'Conv', input: ['x', 'w', 'bias'] },
    followers: [batchNorm],
    initializers: [weight(3, 2, 3, 3), vector('bias', [1, 2, 3]), ...normalization(3)],
  },
  'BatchNormalization into depthwise Conv without bias': {
    dims: image,
    first: { ...conv, attributes: { group: 2 } },
    followers: [batchNorm],
    initializers: [weight(4, 1, 3, 3), ...normalization(4)],
  },
  'BatchNormalization into ConvTranspose with groups': {
    dims: [1, 4, 3, 3],
    first: { opType: 'ConvTranspose', input: ['x', 'w'], attributes: { group: 2, strides: [2, 2] } },
    followers: [batchNorm],
    initializers: [weight(4, 3, 2, 2), ...normalization(6)],
  },
  'BatchNormalization into Gemm': {
    dims: [3, 4],
    first: { opType: 'Gemm', input: ['x', 'w', 'bias'] },
    followers: [batchNorm],
    initializers: [weight(4, 5), vector('bias', [1, 2, 3, 4, 5], [1, 5]), ...normalization(5)],
  },
  'BatchNormalization into transposed Gemm': {
    dims: [3, 4],
    first: { opType: 'Gemm', input: ['x', 'w'], attributes: { transB: 1 } },
    followers: [batchNorm],
    initializers: [weight(5, 4), ...normalization(5)],
  },
  'a chain of arithmetic': {
    dims: image,
    first: conv,
    followers: [
      { opType: 'Mul', input: ['t', 'c'] },
      { opType: 'Add', input: ['c2', 't'] },
      { opType: 'Div', input: ['t', 'scalar'] },
      { opType: 'Sub', input: ['t', 'c'] },
      { opType: 'Sub', input: ['scalar', 't'] },
      batchNorm,
    ],
    initializers: [
      weight(3, 2, 3, 3),
      vector('c', [1, -2, 3], [1, 3, 1, 1]),
      vector('c2', [4, 5, 6], [3, 1, 1]),
      vector('scalar', [-3], []),
      ...normalization(3),
    ],
  },
  'Add into Gemm with a scalar bias': {
    dims: [3, 4],
    first: { opType: 'Gemm', input: ['x', 'w', 'bias'] },
    followers: [{ opType: 'Add', input: ['t', 'c'] }],
    initializers: [weight(4, 5), vector('bias', [2], [1]), vector('c', [1, 2, 3, 4, 5])],
  },
  'not what broadcasts along space': {
    dims: image,
    first: conv,
    followers: [{ opType: 'Mul', input: ['t', 'c'] }],
    initializers: [weight(3, 2, 3, 3), vector('c', [1, 2], [2])],
    remains: ['Conv', 'Mul'],
  },
  'not what makes the result larger': {
    dims: image,
    first: conv,
    followers: [{ opType: 'Mul', input: ['t', 'c'] }],
    initializers: [weight(1, 2, 3, 3), vector('c', [1, 2], [1, 2, 1, 1])],
    remains: ['Conv', 'Mul'],
  },
  'not a constant divided by the result': {
    dims: image,
    first: conv,
    followers: [{ opType: 'Div', input: ['c', 't'] }],
    initializers: [weight(3, 2, 3, 3), vector('c', [1], [])],
    remains: ['Conv', 'Div'],
  },
  'not what would overflow': {
    dims: image,
    first: conv,
    followers: [{ opType: 'Mul', input: ['t', 'c'] }],
    initializers: [weight(3, 2, 3, 3), vector('c', [3e38], [])],
    remains: ['Conv', 'Mul'],
  },
};

function model({ dims, first, followers, initializers }: Case, extra: readonly TestNode[] = []) {
  const nodes = [first, ...followers].map((node, index, all) => ({
    ...node,
    name: `n${index}`,
    input: node.input.map((name) => (name === 't' ? `t${index - 1}` : name)),
    output: [index === all.length - 1 ? 'y' : `t${index}`],
  }));
  const outputs = Object.fromEntries([['y', {}], ...extra.flatMap(({ output }) => output.map((name) => [name, {}]))]);
  return buildModel({ nodes: [...nodes, ...extra], inputs: { x: { dims } }, outputs, initializers });
}

describe('fold-affine', () => {
  it.each(Object.entries(CASES))('folds %s', async (_, spec) => {
    const { opTypes, difference } = await checkParity(model(spec), [FOLD_AFFINE]);
    expect(opTypes).toEqual(spec.remains ?? [spec.first.opType]);
    expect(difference).toBeLessThan(1e-5);
  });

  it('stops at a tensor that something else reads', async () => {
    const spec = CASES['BatchNormalization into Conv']!;
    const { opTypes, difference } = await checkParity(model(spec, [{ opType: 'Relu', input: ['t0'], output: ['z'] }]), [
      FOLD_AFFINE,
    ]);
    expect(opTypes).toEqual(['Conv', 'BatchNormalization', 'Relu']);
    expect(difference).toBe(0);
  });

  it('leaves a weight that another Conv shares as it was', async () => {
    const spec = CASES['BatchNormalization into Conv']!;
    const other = { opType: 'Conv', name: 'other', input: ['x', 'w', 'bias'], output: ['z'] };
    const { graph, opTypes, difference } = await checkParity(model(spec, [other]), [FOLD_AFFINE]);
    expect(opTypes).toEqual(['Conv', 'Conv']);
    expect(difference).toBeLessThan(1e-5);
    expect(graph.initializers.size).toBe(4);
  });

  it('rounds once: factors are multiplied in float64', async () => {
    const third = Math.fround(1 / 3);
    const spec: Case = {
      dims: [1, 4],
      first: { opType: 'Gemm', input: ['x', 'w'] },
      followers: [
        { opType: 'Mul', input: ['t', 'c'] },
        { opType: 'Mul', input: ['t', 'c'] },
      ],
      initializers: [floats('w', new Array<number>(4).fill(third), [4, 1]), vector('c', [third])],
    };
    const { graph } = await checkParity(model(spec), [FOLD_AFFINE]);
    expect(readTensor(graph.initializer('w')!).data[0]).toBe(Math.fround(third * third * third));
  });
});
