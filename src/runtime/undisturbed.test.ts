import { expect, it } from 'vitest';
import { undisturbedMean } from './undisturbed.ts';

it('leaves out what was interrupted, however long and often', () => {
  expect(undisturbedMean([0.8, 9, 0.82, 4.3, 0.78, 27, 0.81, 0.79, 12])).toBeCloseTo(0.8);
});

it('keeps every run of a clock with coarse steps', () => {
  // 0.85 ms in steps of 0.1: 0.8 or 0.9; and 0.3 ms in steps of 1: 0 or 1.
  const fine = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 0.8 : 0.9));
  expect(undisturbedMean(fine)).toBeCloseTo(0.85);
  const coarse = Array.from({ length: 100 }, (_, i) => (i % 10 < 3 ? 1 : 0));
  expect(undisturbedMean([...coarse, 17, 9])).toBeCloseTo(0.3);
});

it('is the time itself where all are alike, and unknown where there is none', () => {
  expect(undisturbedMean([2, 2, 2])).toBe(2);
  expect(undisturbedMean([5])).toBe(5);
  expect(undisturbedMean([])).toBeNaN();
});
