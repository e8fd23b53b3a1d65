import { expect, it } from 'vitest';
import type { Trial } from '../tuning/types.ts';
import { filterTrials, orderTrials } from './trial-order.ts';

const TRIALS = [
  { number: 0, stage: 'weight storage', score: 0.8, met: true, status: 'complete', latencyRatio: 0.9 },
  { number: 1, stage: 'model-wise', score: 0.7, met: false, status: 'pruned', latencyRatio: null },
  { number: 2, stage: 'model-wise', score: null, met: false, status: 'failed', latencyRatio: null },
  { number: 3, stage: 'fallback', score: 0.8, met: true, status: 'complete', latencyRatio: 0.5 },
] as Trial[];

const numbers = (trials: readonly Trial[]): number[] => trials.map(({ number }) => number);

it('sorts either way, with absent values last and equal ones by number', () => {
  expect(numbers(orderTrials(TRIALS, { column: 'score', descending: false }))).toEqual([1, 0, 3, 2]);
  expect(numbers(orderTrials(TRIALS, { column: 'score', descending: true }))).toEqual([0, 3, 1, 2]);
  expect(numbers(orderTrials(TRIALS, { column: 'speed', descending: true }))).toEqual([3, 0, 1, 2]);
  expect(numbers(orderTrials(TRIALS, { column: 'stage', descending: false }))).toEqual([3, 1, 2, 0]);
  expect(numbers(orderTrials(TRIALS, { column: 'verdict', descending: true }))).toEqual([2, 1, 0, 3]);
});

it('filters by how trials ended', () => {
  expect(numbers(filterTrials(TRIALS, 'meets', []))).toEqual([0, 3]);
  expect(numbers(filterTrials(TRIALS, 'misses', []))).toEqual([1]);
  expect(numbers(filterTrials(TRIALS, 'failed', []))).toEqual([2]);
  expect(numbers(filterTrials(TRIALS, 'pareto', [3]))).toEqual([3]);
});
