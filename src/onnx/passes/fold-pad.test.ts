import { expect, it } from 'vitest';
import { floats, writeTensor } from '../tensor-proto.ts';
import { buildModel, type TestNode } from '../testing/build-model.ts';
import { checkParity } from '../testing/check-parity.ts';
import { FOLD_PAD } from './fold-pad.ts';

const integers = (name: string, values: readonly number[]) =>
  writeTensor(name, { type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) });
const pad = (amounts: string, value = '', mode = 'constant'): TestNode => ({
  opType: 'Pad',
  input: ['x', amounts, ...(value ? [value] : [])],
  output: ['p'],
  attributes: { mode },
});
const conv = (input = 'p', output = 'y', attributes: TestNode['attributes'] = {}): TestNode => ({
  opType: 'Conv',
  input: [input, 'w'],
  output: [output],
  attributes,
});
const initializers = [
  integers('sides', [0, 0, 1, 2, 0, 0, 3, 0]),
  integers('channels', [0, 1, 0, 0, 0, 0, 0, 0]),
  integers('crop', [0, 0, -1, 0, 0, 0, 1, 1]),
  floats('zero', [0], []),
  floats('one', [1], []),
  floats(
    'w',
    Array.from({ length: 36 }, (_, i) => Math.sin(i)),
    [2, 2, 3, 3],
  ),
  floats(
    'wide',
    Array.from({ length: 54 }, (_, i) => Math.sin(i)),
    [2, 3, 3, 3],
  ),
];

it.each<readonly [string, readonly TestNode[], readonly string[]]>([
  ['folds zeros', [pad('sides'), conv()], ['Conv']],
  [
    'adds to pads and strides',
    [pad('sides', 'zero'), conv('p', 'y', { pads: [1, 0, 2, 1], strides: [2, 2] })],
    ['Conv'],
  ],
  [
    'folds into several Convs',
    [pad('sides'), conv('p', 'a'), conv('p', 'b'), { opType: 'Add', input: ['a', 'b'], output: ['y'] }],
    ['Conv', 'Conv', 'Add'],
  ],
  ['keeps other values', [pad('sides', 'one'), conv()], ['Pad', 'Conv']],
  ['keeps other modes', [pad('sides', '', 'edge'), conv()], ['Pad', 'Conv']],
  ['keeps what cuts', [pad('crop'), conv()], ['Pad', 'Conv']],
  ['keeps pads of channels', [pad('channels'), { ...conv(), input: ['p', 'wide'] }], ['Pad', 'Conv']],
  ['keeps it beside auto_pad', [pad('sides'), conv('p', 'y', { auto_pad: 'SAME_UPPER' })], ['Pad', 'Conv']],
  [
    'keeps what others read too',
    [pad('sides'), conv('p', 'a'), { opType: 'Relu', input: ['p'], output: ['y'] }],
    ['Pad', 'Relu'],
  ],
])('%s', async (_, nodes, remains) => {
  const inputs = { x: { dims: [1, 2, 7, 6] } };
  const model = buildModel({ nodes, inputs, outputs: { y: {} }, initializers });
  const { opTypes, difference } = await checkParity(model, [FOLD_PAD]);
  expect(opTypes).toEqual(remains);
  expect(difference).toBeLessThan(1e-6);
});
