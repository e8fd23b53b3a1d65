import { expect, test } from 'vitest';
import { decisionsOf } from './decisions.ts';

const output = (dims: number[], values: number[]) => ({
  type: 'float32' as const,
  dims,
  data: Float32Array.from(values),
});

test('the class with the largest score, its probability and the label', () => {
  const labels = { type: 'int64' as const, dims: [2], data: BigInt64Array.from([1n, 2n]) };
  const decisions = decisionsOf({ outputs: [output([2, 3], [0, 2, 0, 0.2, 0.7, 0.1])], labels });
  const softmax = Math.exp(2) / (Math.exp(2) + 2);
  expect(Array.from(decisions ?? [])).toEqual([1, softmax, 1, 1, 0.7, 2].map(Math.fround));
});

test('one-hot labels are classes; none are NaN', () => {
  const labels = output([1, 2], [0, 1]);
  expect(decisionsOf({ outputs: [output([1, 2], [1, 0])], labels })?.[2]).toBe(1);
  expect(decisionsOf({ outputs: [output([1, 2], [1, 0])] })?.[2]).toBeNaN();
});

test('outputs that choose no class have no decisions', () => {
  expect(decisionsOf({ outputs: [output([2, 1], [1, 0])] })).toBeNull();
  expect(decisionsOf({ outputs: [output([1, 2, 2], [1, 0, 0, 1])] })).toBeNull();
});

test('large scores do not overflow', () => {
  expect(decisionsOf({ outputs: [output([1, 2], [2000, 0])] })?.[1]).toBe(1);
});
