import { describe, expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import { pairedDifference } from '../base/statistics.ts';
import type { Tensor } from '../base/tensor.ts';
import { agreement } from './agreement.ts';
import { combineScores } from './combine-scores.ts';
import { compositeMetric, differencesOf, scoresOf } from './composite.ts';
import { mae } from './mae.ts';
import { rmse } from './rmse.ts';
import { scoreDifference } from './score-difference.ts';
import { topk } from './topk.ts';

const outputs = (values: number[]): Tensor[] => [
  { type: 'float32', dims: [values.length / 2, 2], data: Float32Array.from(values) },
];
const both = [
  { metric: topk, options: { k: 1 } },
  { metric: agreement, options: {} },
];
const errors = [
  { metric: rmse, options: { compare_label: true } },
  { metric: mae, options: { compare_label: true } },
];
const draw = (seed: number, n: number): Float64Array => {
  const rng = createRng(seed);
  return Float64Array.from({ length: n }, () => rng.uniform());
};

describe('composite metric', () => {
  const plain = compositeMetric(both, { weight: null, higherIsBetter: true });

  it('measures labels and reference at once, one metric after the other', () => {
    const batch = {
      outputs: outputs([2, 1, 2, 1, 1, 2]),
      reference: outputs([2, 1, 1, 2, 1, 2]),
      labels: { type: 'int64', dims: [3], data: BigInt64Array.of(0n, 0n, 0n) } as const,
    };
    expect(plain.compares({})).toBe('reference');
    expect([...plain.measure(batch, {})]).toEqual([1, 1, 0, 1, 0, 1]);
  });

  it('compares with labels where every metric does', () => {
    const labelled = compositeMetric([both[0]!], { weight: null, higherIsBetter: true });
    expect(labelled.compares({})).toBe('labels');
  });

  it('scores the mean of the scores, and with weights the mean of weight times score', () => {
    const values = Float64Array.of(1, 1, 0, 0, 1, 1, 1, 1);
    expect(scoresOf(plain, values)).toEqual({ score: 0.75, scores: { topk: 0.5, agreement: 1 } });
    const weighed = compositeMetric(both, { weight: [2, 1], higherIsBetter: true });
    expect(scoresOf(weighed, values).score).toBe((2 * 0.5 + 1) / 2);
    expect(scoresOf(topk, Float64Array.of(1, 0))).toEqual({ score: 0.5 });
  });

  it('joins disjoint samples by the rule of each metric', () => {
    const composite = compositeMetric(errors, { weight: [1, 3], higherIsBetter: false });
    const [a, b] = [draw(1, 60), draw(2, 40)];
    const [c, d] = [draw(3, 60), draw(4, 40)];
    const joined = combineScores(composite, [
      { ...scoresOf(composite, Float64Array.from([...a, ...c])), samples: 60 },
      { ...scoresOf(composite, Float64Array.from([...b, ...d])), samples: 40 },
    ]);
    expect(joined).toBeCloseTo(composite.score(Float64Array.from([...a, ...b, ...c, ...d])), 12);
  });

  it('pairs samples across metrics in the interval of a difference', () => {
    const n = 150;
    const [a, b] = [draw(1, 2 * n), draw(2, 2 * n)];
    const weighed = compositeMetric(both, { weight: [0.5, 3], higherIsBetter: true });
    // Both scores are means: the composite is the mean of one value per sample.
    const perSample = (values: Float64Array): number[] =>
      Array.from({ length: n }, (_, i) => (0.5 * values[i]! + 3 * values[n + i]!) / 2);
    const expected = pairedDifference(perSample(a), perSample(b));
    const found = scoreDifference(weighed, a, b);
    expect(found.mean).toBeCloseTo(expected.mean, 12);
    expect(found.halfWidth).toBeCloseTo(expected.halfWidth, 12);
    expect(differencesOf(weighed, a, b)).toEqual({
      topk: pairedDifference(a.subarray(0, n), b.subarray(0, n)),
      agreement: pairedDifference(a.subarray(n), b.subarray(n)),
    });
    expect(differencesOf(topk, a, b)).toBeUndefined();
  });
});
