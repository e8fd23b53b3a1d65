import { describe, expect, it } from 'vitest';
import { accuracyCriterion, better, meets, targetScore } from './criterion.ts';
import type { AccuracyCriterion } from './types.ts';

const relative = (tolerance: number, higherIsBetter = true): AccuracyCriterion => ({
  kind: 'relative',
  tolerance,
  higherIsBetter,
});
const absolute = (tolerance: number, higherIsBetter = true): AccuracyCriterion => ({
  kind: 'absolute',
  tolerance,
  higherIsBetter,
});

describe('accuracy criterion', () => {
  it.each([
    [0.795, 0.8, relative(0.01), true],
    [0.793, 0.8, relative(0.01), true],
    [0.791, 0.8, relative(0.01), false],
    [0.891, 0.9, relative(0.01), true],
    [0.7, 0.71, absolute(0.01), true],
    [0.699, 0.71, absolute(0.01), false],
    [0.8, 0.8, relative(0), true],
    [0.8, 0.8, relative(-0.01), false],
    [0.81, 0.8, relative(-0.01), true],
    [1.01, 1, relative(0.01, false), false],
    [1.0099, 1, relative(0.01, false), true],
    [0.5, 1, relative(-0.1, false), true],
    [0.95, 1, relative(-0.1, false), false],
    [0.09, 0, absolute(0.1, false), true],
    [0.1, 0, absolute(0.1, false), false],
    [0, 0, relative(0.01, false), true],
    [1e-9, 0, relative(0.01, false), false],
    [NaN, 0.8, relative(0.01), false],
  ])('%d against a baseline of %d under %o: %s', (score, baseline, criterion, expected) => {
    expect(meets(score, baseline, criterion)).toBe(expected);
  });

  it('has a target', () => {
    expect(targetScore(0.8, relative(0.01))).toBeCloseTo(0.792, 12);
    expect(targetScore(2, absolute(0.5, false))).toBe(2.5);
  });

  it('takes the direction of the metric unless told', () => {
    expect(accuracyCriterion({ kind: 'relative', tolerance: 0.01, higherIsBetter: null }, false).higherIsBetter).toBe(
      false,
    );
    expect(accuracyCriterion({ kind: 'relative', tolerance: 0.01, higherIsBetter: true }, false).higherIsBetter).toBe(
      true,
    );
  });

  it('compares strictly', () => {
    expect([better(2, 1, true), better(1, 1, true), better(1, 2, false), better(NaN, 1, true)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});
