import { describe, expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import { mean, pairedDifference } from '../base/statistics.ts';
import { rmse } from './rmse.ts';
import { scoreDifference } from './score-difference.ts';

const draw = (seed: number, n: number): Float64Array => {
  const rng = createRng(seed);
  return Float64Array.from({ length: n }, () => rng.uniform());
};

describe('scoreDifference', () => {
  it('is the paired difference for means, which the jackknife agrees with', () => {
    const [a, b] = [draw(1, 150), draw(2, 150)];
    const paired = pairedDifference(a, b);
    expect(scoreDifference({ score: mean }, a, b)).toEqual(paired);
    const jackknife = scoreDifference({ score: (values) => mean(values) }, a, b);
    expect(jackknife.mean).toBeCloseTo(paired.mean, 12);
    expect(jackknife.halfWidth).toBeCloseTo(paired.halfWidth, 12);
  });

  it('is in units of the score for a root mean square', () => {
    const b = draw(3, 1000);
    const a = b.map((value) => 1.21 * value);
    const { mean: difference, halfWidth } = scoreDifference(rmse, a, b);
    expect(difference).toBeCloseTo(0.1 * rmse.score(b), 12);
    // Delta method: d sqrt(m) = dm / (2 sqrt(m)), here for 0.1 · sqrt(m).
    const m = mean(b);
    const sd = Math.sqrt(b.reduce((sum, value) => sum + (value - m) ** 2, 0) / 999);
    expect(halfWidth).toBeCloseTo((1.96 * 0.1 * sd) / (2 * Math.sqrt(m) * Math.sqrt(1000)), 4);
  });

  it('covers the true difference about 19 times in 20', () => {
    let covered = 0;
    for (let seed = 0; seed < 200; seed++) {
      const [a, b] = [draw(2 * seed + 1, 120), draw(2 * seed + 2, 120)];
      const { mean: difference, halfWidth } = scoreDifference(rmse, a, b);
      if (Math.abs(difference) <= halfWidth) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(180);
    expect(covered).toBeLessThan(200);
  });

  it('has no width where there is one sample', () => {
    expect(scoreDifference(rmse, [4], [1])).toEqual({ mean: 1, halfWidth: 0 });
  });
});
