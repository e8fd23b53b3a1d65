import { expect, it } from 'vitest';
import type { ArraySummary, ArrayTable } from '../base/array-choice.ts';
import { chooseArray } from './choose-array.ts';

function array(name: string, more: Partial<ArraySummary> = {}): ArraySummary {
  return { name, file: 'eval.npz', words: 'float32 [2]', samples: 3, unfit: {}, noLabels: null, ...more };
}

const table: ArrayTable = {
  arrays: [
    array('a'),
    array('b'),
    array('c'),
    array('y', { unfit: { left: 'int64, wanted float32', right: 'int64, wanted float32' } }),
  ],
  takes: { left: 'float32 [?, 2]', right: 'float32 [?, 2]' },
  inputs: { left: 'a', right: 'b' },
  labels: 'y',
};

it('states every array whose name is not that of its input, so that none is found anew', () => {
  const { choice, table: after, words } = chooseArray(table, null, 'left', 'c');
  expect(choice).toEqual({ inputs: { left: 'c', right: 'b' } });
  expect(after).toMatchObject({ inputs: { left: 'c', right: 'b' }, labels: 'y' });
  expect(words).toBe('c feeds left');
  const named = { ...table, inputs: { left: 'left', right: 'right' } };
  expect(chooseArray(named, null, 'left', 'c').choice).toEqual({ inputs: { left: 'c' } });
});

it('swaps two inputs, and back', () => {
  const once = chooseArray(table, null, 'left', 'b');
  expect(once.choice).toEqual({ inputs: { left: 'b', right: 'a' } });
  expect(once.words).toBe('b feeds left, and a feeds right in its place');
  const twice = chooseArray(once.table, once.choice, 'right', 'b');
  expect(twice.choice).toEqual({ inputs: { left: 'a', right: 'b' } });
});

it('leaves an input open where nothing can take the place, and says so', () => {
  const open = { ...table, inputs: { left: null, right: 'b' } };
  const { choice, table: after, words } = chooseArray(open, { inputs: { right: 'b' } }, 'left', 'b');
  expect(choice).toEqual({ inputs: { left: 'b' } });
  expect(after.inputs).toEqual({ left: 'b', right: null });
  expect(words).toBe('b feeds left; choose another array for right');
});

it('swaps an input with the labels only where that fits', () => {
  const taken = chooseArray(table, { labels: 'y' }, null, 'a');
  expect(taken.choice).toEqual({ inputs: { right: 'b' }, labels: 'a' });
  expect(taken.table).toMatchObject({ inputs: { left: null, right: 'b' }, labels: 'a' });
  expect(taken.words).toBe('a holds the labels; choose another array for left');
  const fitting = { ...table, labels: 'c' };
  expect(chooseArray(fitting, null, null, 'b')).toMatchObject({
    choice: { inputs: { left: 'a', right: 'c' }, labels: 'b' },
    words: 'b holds the labels, and c feeds right in its place',
  });
});
