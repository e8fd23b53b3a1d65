import { expect, it } from 'vitest';
import type { Tensor } from '../base/tensor.ts';
import { tensorDifference } from './tensor-difference.ts';

const rows = (...values: number[][]): Tensor => ({
  type: 'float32',
  dims: [values.length, values[0]?.length ?? 0],
  data: Float32Array.from(values.flat()),
});

it('takes the softmax of logits: shifting a row changes nothing', () => {
  const difference = tensorDifference(rows([1, 2, 3]), rows([11, 12, 13]));
  expect(difference.divergence).toBeCloseTo(0, 6);
  expect(difference.rows).toBe(1);
  expect(difference.squaredError).toBe(300);
});

it('is the KL divergence of probabilities as they are', () => {
  const { divergence } = tensorDifference(rows([0.5, 0.5], [0.9, 0.1]), rows([0.25, 0.75], [0.9, 0.1]));
  expect(divergence).toBeCloseTo(0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 6);
});

it('stays finite where a class has probability 0', () => {
  const { divergence } = tensorDifference(rows([1, 0]), rows([0, 1]));
  expect(divergence).toBeCloseTo(Math.log(1e9), 3);
});

it('has no divergence for outputs without classes', () => {
  const difference = tensorDifference(rows([1], [2]), rows([1], [4]));
  expect(difference).toMatchObject({ rows: 0, divergence: 0, squaredError: 4, min: 1, max: 2, count: 2 });
});
