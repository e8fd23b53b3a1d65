import { expect, it } from 'vitest';
import { tuningLoss } from './tuning-loss.ts';

const weights = { accuracy: 1, latency: 1 };

it.each([
  [0, 2, true, 0],
  [0, 1, true, 10],
  [0, 4, true, -10],
  [0.02, 2, false, 100.1],
  [0.03, 2, false, 110.3],
])('is, for a loss of %d at %d times the speed, met %s: %d', (accuracyLoss, speedup, met, expected) => {
  expect(tuningLoss({ accuracyLoss, speedup, met }, weights)).toBeCloseTo(expected, 1);
});

it('agrees with the reference to the last digits', () => {
  const of = (score: number, ms: number, met: boolean): number =>
    tuningLoss({ accuracyLoss: (0.76 - score) / 0.76, speedup: 10 / ms, met }, weights);
  expect(of(0.757, 4, true)).toBeCloseTo(-3.219280949, 8);
  expect(of(0.74, 5, false)).toBeCloseTo(106.532004, 5);
  expect(of(0.5, 4, false)).toBeCloseTo(482.6530664, 6);
  // Exactly 1 % is lost: within the criterion, whatever the floats say.
  expect(of(0.7524, 8, true)).toBeCloseTo(6.780719051, 8);
});

it('counts accuracy where nothing else would count', () => {
  expect(tuningLoss({ accuracyLoss: 0.005, speedup: 1, met: true }, { accuracy: 1, latency: 0 })).toBeCloseTo(
    4.9875,
    3,
  );
});
