import { describe, expect, it } from 'vitest';
import type { TensorProto } from '../proto/onnx_pb.ts';
import { floats, int64s, writeTensor } from '../tensor-proto.ts';
import { buildModel, type TestNode } from '../testing/build-model.ts';
import { checkParity, wave } from '../testing/check-parity.ts';
import { FOLD_CONSTANTS } from './fold-constants.ts';

const a = floats('a', [1.5, -2, 3, 0.25, 5, -6.5], [2, 3]);
const b = floats('b', [2, 4, -0.5]);
const matrix = (...dims: number[]) => floats('m', [...(wave(dims).data as Float32Array)], dims);

type Attributes = NonNullable<TestNode['attributes']>;
type Case = readonly [input: readonly string[], constants: readonly TensorProto[], attributes: Attributes];
const on = (...constants: TensorProto[]): Case => [constants.map(({ name }) => name), constants, {}];
const withAttributes = (attributes: Attributes, ...constants: TensorProto[]): Case => [
  constants.map(({ name }) => name),
  constants,
  attributes,
];
const positive = floats('p', [0.25, 1, 9]);
const long = (name: string, ...values: number[]) => int64s(name, values);

/** Each evaluator on constants; what comes out must be what ONNX Runtime computes. */
const CASES: readonly (readonly [opType: string, ...Case])[] = [
  ['Neg', ...on(a)],
  ['Abs', ...on(a)],
  ['Sqrt', ...on(positive)],
  ['Exp', ...on(a)],
  ['Log', ...on(positive)],
  ['Reciprocal', ...on(a)],
  ['Floor', ...on(a)],
  ['Ceil', ...on(a)],
  ['Round', ...on(floats('h', [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4, -2.6]))],
  ['Sign', ...on(a)],
  ['Relu', ...on(a)],
  ['Sigmoid', ...on(a)],
  ['Tanh', ...on(a)],
  ['Cast', ...withAttributes({ to: 7 }, a)],
  ['Cast', ...withAttributes({ to: 9 }, a)],
  ['Cast', ...withAttributes({ to: 1 }, long('i', 3, -4))],
  ['Add', ...on(a, b)],
  ['Sub', ...on(b, a)],
  ['Mul', ...on(a, b)],
  ['Div', ...on(a, b)],
  ['Div', ...on(long('n', 7, -7, 8), long('d', 2))],
  ['Pow', ...on(positive, b)],
  ['Max', ...on(a, b)],
  ['Min', ...on(a, b)],
  ['Equal', ...on(long('n', 7, 2), long('d', 2))],
  ['Greater', ...on(a, b)],
  ['Less', ...on(a, b)],
  ['GreaterOrEqual', ...on(a, b)],
  ['LessOrEqual', ...on(a, b)],
  ['Sin', ...on(a)],
  ['Cos', ...on(a)],
  ['Where', ...on(writeTensor('c', { type: 'bool', dims: [2, 1], data: Uint8Array.of(1, 0) }), a, b)],
  ['Identity', ...on(a)],
  ['Reshape', ...on(a, long('s', 3, -1))],
  ['Flatten', ...withAttributes({ axis: 0 }, a)],
  ['Squeeze', ...on(matrix(1, 3, 1), long('axes', 0))],
  ['Unsqueeze', ...on(a, long('axes', 0, -1))],
  ['Transpose', ...withAttributes({ perm: [2, 0, 1] }, matrix(2, 3, 4))],
  ['Transpose', ...on(matrix(2, 3, 4))],
  ['Expand', ...on(floats('e', [1, 2, 3], [3, 1]), long('s', 2, 1, 4))],
  ['Slice', ...on(matrix(4, 5), long('start', 1, -1), long('end', 9, -9), long('axes', 0, 1), long('steps', 2, -2))],
  ['Slice', ...on(matrix(4, 5), long('start', 3), long('end', 1))],
  ['Concat', ...withAttributes({ axis: 1 }, a, floats('o', [7, 8], [2, 1]))],
  ['Gather', ...withAttributes({ axis: 1 }, matrix(2, 3, 4), int64s('at', [2, 0, -1, 1], [2, 2]))],
  ['Gather', ...on(matrix(3, 4), int64s('at', [1], []))],
  ['ConstantOfShape', ...on(long('s', 2, 3))],
  ['ConstantOfShape', ...withAttributes({ value: floats('', [4.5]) }, long('s', 100))],
  ['Range', ...on(floats('f', [1], []), floats('t', [3], []), floats('by', [0.25], []))],
];

describe('fold-constants', () => {
  it.each(CASES)('computes %s (%s) as ONNX Runtime does', async (opType, input, initializers, attributes) => {
    const model = buildModel({
      nodes: [
        { opType, input, output: ['folded'], attributes },
        { opType: 'Identity', input: ['folded'], output: ['y'] },
      ],
      outputs: { y: {} },
      initializers,
    });
    model.graph!.output.forEach((info) => delete info.type);
    const { opTypes, difference } = await checkParity(model, [FOLD_CONSTANTS]);
    expect(opTypes).toEqual(['Identity']);
    expect(difference).toBeLessThan(1e-6);
  });

  it('folds every part of a Split', async () => {
    const model = buildModel({
      nodes: [
        { opType: 'Split', input: ['m', 'sizes'], output: ['p', 'q'], attributes: { axis: 1 } },
        { opType: 'Add', input: ['x', 'p'], output: ['y'] },
        { opType: 'Add', input: ['x', 'q'], output: ['z'] },
      ],
      inputs: { x: { dims: [2, 1] } },
      outputs: { y: {}, z: {} },
      initializers: [matrix(2, 5), long('sizes', 2, 3)],
    });
    const { opTypes, difference } = await checkParity(model, [FOLD_CONSTANTS]);
    expect(opTypes).toEqual(['Add', 'Add']);
    expect(difference).toBe(0);
  });

  const reshapeByShape = (dims: readonly (number | string)[]) =>
    buildModel({
      nodes: [
        { opType: 'Shape', input: ['x'], output: ['shape'] },
        { opType: 'Slice', input: ['shape', 'one', 'three'], output: ['tail'] },
        { opType: 'Concat', input: ['minus', 'tail'], output: ['target'], attributes: { axis: 0 } },
        { opType: 'Reshape', input: ['x', 'target'], output: ['y'] },
      ],
      inputs: { x: { dims } },
      outputs: { y: {} },
      initializers: [long('one', 1), long('three', 3), long('minus', -1)],
    });

  it('folds shapes as far as they are known', async () => {
    const folded = await checkParity(reshapeByShape(['N', 3, 4]), [FOLD_CONSTANTS]);
    expect(folded.opTypes).toEqual(['Reshape']);
    expect(folded.difference).toBe(0);
    const kept = await checkParity(reshapeByShape([1, 3, 'W']), [FOLD_CONSTANTS]);
    expect(kept.opTypes).toEqual(['Shape', 'Slice', 'Concat', 'Reshape']);
  });

  it.each([
    ['Expand', [floats('e', [1]), long('s', 1000)]],
    ['ConstantOfShape', [long('s', 1000)]],
    ['Add', [floats('r', new Array<number>(64).fill(1), [64, 1]), floats('c', new Array<number>(64).fill(1), [1, 64])]],
  ])('leaves %s where the result is larger than what it is made of', async (opType, initializers) => {
    const model = buildModel({
      nodes: [
        { opType, input: initializers.map(({ name }) => name), output: ['big'] },
        { opType: 'Relu', input: ['big'], output: ['y'] },
      ],
      outputs: { y: {} },
      initializers,
    });
    expect((await checkParity(model, [FOLD_CONSTANTS])).opTypes).toEqual([opType, 'Relu']);
  });

  it('leaves graph outputs, what is random, and what depends on an input', async () => {
    const model = buildModel({
      nodes: [
        { opType: 'Neg', input: ['a'], output: ['y'] },
        { opType: 'Add', input: ['x', 'b'], output: ['sum'] },
        { opType: 'RandomNormal', input: [], output: ['noise'], attributes: { shape: [3], seed: { float: 1 } } },
        { opType: 'Mul', input: ['sum', 'noise'], output: ['z'] },
      ],
      inputs: { x: { dims: [3] } },
      outputs: { y: {}, z: {} },
      initializers: [a, b],
    });
    const { opTypes, difference } = await checkParity(model, [FOLD_CONSTANTS]);
    expect(opTypes.toSorted()).toEqual(['Add', 'Mul', 'Neg', 'RandomNormal']);
    expect(difference).toBe(0);
  });
});
