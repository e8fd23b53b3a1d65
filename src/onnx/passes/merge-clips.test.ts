import { expect, it } from 'vitest';
import { floats } from '../tensor-proto.ts';
import { buildModel, type TestNode } from '../testing/build-model.ts';
import { checkParity } from '../testing/check-parity.ts';
import { MERGE_CLIPS } from './merge-clips.ts';

const relu = (input: string, output: string): TestNode => ({ opType: 'Relu', input: [input], output: [output] });
const clip = (input: string, min: string, max: string, output: string): TestNode => ({
  opType: 'Clip',
  input: [input, min, max],
  output: [output],
});
const neg = (input: string): TestNode => ({ opType: 'Neg', input: [input], output: ['y'] });

it.each<readonly [string, readonly TestNode[], readonly string[]]>([
  ['Relu behind Relu', [relu('x', 'a'), relu('a', 'b'), neg('b')], ['Relu', 'Neg']],
  ['three of them', [relu('x', 'a'), relu('a', 'b'), relu('b', 'c'), neg('c')], ['Relu', 'Neg']],
  ['Relu in front of a Clip from 0', [relu('x', 'a'), clip('a', 'zero', 'one', 'b'), neg('b')], ['Clip', 'Neg']],
  ['Relu behind a Clip from 0', [clip('x', 'zero', 'one', 'a'), relu('a', 'b'), neg('b')], ['Clip', 'Neg']],
  ['the wider of two Clips', [clip('x', 'low', '', 'a'), clip('a', 'zero', 'one', 'b'), neg('b')], ['Clip', 'Neg']],
  ['the last op of a model', [relu('x', 'a'), relu('a', 'y')], ['Relu']],
  ['not what clips at another end', [relu('x', 'a'), clip('a', 'low', 'one', 'b'), neg('b')], ['Relu', 'Clip', 'Neg']],
  [
    'not what others read too',
    [relu('x', 'a'), clip('a', 'zero', 'one', 'b'), { opType: 'Sub', input: ['a', 'b'], output: ['y'] }],
    ['Relu', 'Clip', 'Sub'],
  ],
])('takes out %s', async (_, nodes, remains) => {
  const initializers = [floats('zero', [0], []), floats('one', [1], []), floats('low', [-1], [])];
  const model = buildModel({ nodes, inputs: { x: { dims: [2, 3] } }, outputs: { y: {} }, initializers });
  const { opTypes, difference } = await checkParity(model, [MERGE_CLIPS]);
  expect(opTypes).toEqual(remains);
  expect(difference).toBe(0);
});
