import { expect, it } from 'vitest';
import { floats } from '../tensor-proto.ts';
import { buildModel, type TestNode } from '../testing/build-model.ts';
import { checkParity } from '../testing/check-parity.ts';
import { COMPOSE_HARD_SIGMOID } from './compose-hard-sigmoid.ts';

const op = (opType: string, input: readonly string[], output: string): TestNode => ({
  opType,
  input,
  output: [output],
});
const clipped = (add = ['x', 'three']): TestNode[] => [op('Add', add, 'a'), op('Clip', ['a', 'zero', 'six'], 'c')];

it.each<readonly [string, readonly TestNode[], readonly string[]]>([
  ['hard-sigmoid', [...clipped(), op('Div', ['c', 'six'], 'h'), op('Neg', ['h'], 'y')], ['HardSigmoid', 'Neg']],
  ['hard-sigmoid at the end', [...clipped(), op('Mul', ['sixth', 'c'], 'y')], ['HardSigmoid']],
  [
    'hard-swish, divided last',
    [...clipped(), op('Mul', ['x', 'c'], 'p'), op('Div', ['p', 'six'], 'y')],
    ['HardSigmoid', 'Mul'],
  ],
  [
    'hard-swish, scaled first, the constant in front',
    [...clipped(['three', 'x']), op('Mul', ['c', 'sixth'], 'h'), op('Mul', ['h', 'x'], 'y')],
    ['HardSigmoid', 'Mul'],
  ],
  [
    'the gate of another tensor',
    [...clipped(), op('Neg', ['x'], 'n'), op('Mul', ['n', 'c'], 'p'), op('Mul', ['p', 'sixth'], 'y')],
    ['HardSigmoid', 'Mul', 'Neg'],
  ],
  ['another shift', [...clipped(['x', 'zero']), op('Div', ['c', 'six'], 'y')], ['HardSigmoid']],
  ['not another factor', [...clipped(), op('Div', ['c', 'three'], 'y')], ['Add', 'Clip', 'Div']],
  [
    'not the square',
    [...clipped(), op('Mul', ['c', 'c'], 'p'), op('Div', ['p', 'six'], 'y')],
    ['Add', 'Clip', 'Mul', 'Div'],
  ],
  ['not another operand of Div', [...clipped(), op('Div', ['six', 'c'], 'y')], ['Add', 'Clip', 'Div']],
  [
    'not another lower bound',
    [op('Add', ['x', 'three'], 'a'), op('Clip', ['a', 'sixth', 'six'], 'c'), op('Div', ['c', 'six'], 'y')],
    ['Add', 'Clip', 'Div'],
  ],
  ['not a sum of two tensors', [...clipped(['x', 'x']), op('Div', ['c', 'six'], 'y')], ['Add', 'Clip', 'Div']],
  ['not a shift per element', [...clipped(['x', 'row']), op('Div', ['c', 'six'], 'y')], ['Add', 'Clip', 'Div']],
  [
    'not what others read',
    [...clipped(), op('Div', ['c', 'six'], 'h'), op('Add', ['h', 'c'], 'y')],
    ['Add', 'Clip', 'Div', 'Add'],
  ],
])('composes %s', async (_, nodes, remains) => {
  const initializers = [
    floats('zero', [0], []),
    floats('three', [3], [1]),
    floats('six', [6], []),
    floats('sixth', [1 / 6], []),
    floats('row', [1, 2, 3], [3]),
  ];
  const model = buildModel({ nodes, inputs: { x: { dims: [2, 3] } }, outputs: { y: {} }, initializers });
  const feeds = { x: { type: 'float32', dims: [2, 3], data: Float32Array.of(-4, -2.5, -0.1, 0.5, 2.9, 7) } } as const;
  const { opTypes, difference } = await checkParity(model, [COMPOSE_HARD_SIGMOID], feeds);
  expect(opTypes.toSorted()).toEqual(remains.toSorted());
  expect(difference).toBeLessThan(1e-6);
});
