import { expect, it } from 'vitest';
import { pairedDifference } from './statistics.ts';

it('has the interval of Agresti and Min for verdicts', () => {
  // 40 turned wrong and 20 right of 1000: (b − c)/n, and half a pair added to each kind for the width.
  const float = Array.from({ length: 1000 }, (_, i) => (i < 760 ? 1 : 0));
  const int8 = float.map((value, i) => (i < 40 ? 0 : i >= 760 && i < 780 ? 1 : value));
  const { mean, halfWidth } = pairedDifference(int8, float);
  expect(mean).toBeCloseTo(-0.02, 12);
  expect(halfWidth).toBeCloseTo((1.959964 * Math.sqrt(61 - 400 / 1002)) / 1002, 12);
});

it('does not take equal verdicts on few samples for certainty', () => {
  const same = Array.from({ length: 400 }, () => 1);
  expect(pairedDifference(same, same)).toEqual({ mean: 0, halfWidth: 1.959964 / 402 });
});

it('is the normal approximation for other values', () => {
  const { mean, halfWidth } = pairedDifference([1, 2, 3, 4.5], [0.5, 2, 2, 3]);
  expect(mean).toBeCloseTo(0.75, 12);
  expect(halfWidth).toBeCloseTo(1.959964 * Math.sqrt(1.25 / 3 / 4), 9);
});
