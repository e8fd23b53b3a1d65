import { expect, it } from 'vitest';
import { ticks } from './ticks.ts';

it('finds round numbers', () => {
  expect(ticks(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(ticks(0.701, 0.712, 4)).toHaveLength(2);
  expect(ticks(3, 3, 5)).toEqual([3]);
});

it('comes to an end between numbers that hardly differ, or differ by too much', () => {
  expect(ticks(1, 1 + Number.EPSILON, 5)).toEqual([1]);
  expect(ticks(1e300, 1.0000000000000002e300, 5)).toEqual([1e300]);
  expect(ticks(-1e308, 1e308, 5).length).toBeLessThan(20);
});
