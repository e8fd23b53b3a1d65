import { describe, expect, it } from 'vitest';
import { accuracyCriterion, better, isCertain, meets, meetsCriterion, targetScore } from './criterion.ts';
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

  it('judges every metric against its own baseline where asked', () => {
    const baseline = { score: 0.85, scores: { topk: 0.8, agreement: 0.9 } };
    const each = accuracyCriterion({ kind: 'absolute', tolerance: 0.05, higherIsBetter: null }, true, true);
    const uneven = { score: 0.85, scores: { topk: 0.9, agreement: 0.8 } };
    expect(meetsCriterion(uneven, baseline, absolute(0.05))).toBe(true);
    expect(meetsCriterion(uneven, baseline, each)).toBe(false);
    expect(meetsCriterion({ score: 0.81, scores: { topk: 0.76, agreement: 0.86 } }, baseline, each)).toBe(true);
    expect(meetsCriterion({ score: 0.85 }, baseline, each)).toBe(false);
    expect(meetsCriterion({ score: 0.85 }, { score: 0.85 }, each)).toBe(false);

    const sure = { mean: 0, halfWidth: 0.01 };
    const wide = { mean: 0, halfWidth: 0.06 };
    const trial = { difference: sure, differences: { topk: sure, agreement: wide } };
    expect(isCertain(trial, baseline, absolute(0.05))).toBe(true);
    expect(isCertain(trial, baseline, each)).toBe(false);
    expect(isCertain({ ...trial, differences: { topk: sure, agreement: sure } }, baseline, each)).toBe(true);
    expect(isCertain({ difference: sure }, baseline, each)).toBe(false);
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
