import { describe, expect, it } from 'vitest';
import { createRng } from '../../base/rng.ts';
import { Cholesky } from './cholesky.ts';
import { logExpectedImprovement } from './expected-improvement.ts';
import { GaussianProcess, logMarginalLikelihood, matern52 } from './gaussian-process.ts';
import { normalDistribution } from './normal.ts';

type Vector = readonly number[];

const squared = (a: Vector, b: Vector): number => a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0);
const table = (points: readonly Vector[]): Float64Array =>
  Float64Array.from(points.flatMap((a) => points.map((b) => squared(a, b))));
const fit = (
  points: readonly Vector[],
  values: Vector,
  length?: number,
): ((point: Vector) => { mean: number; deviation: number }) => {
  const process = new GaussianProcess({ squaredDistances: table(points), values: Float64Array.from(values) }, length);
  return (point) => process.predict(Float64Array.from(points, (each) => squared(each, point)));
};

describe('Cholesky', () => {
  it('solves and has the determinant', () => {
    const factor = new Cholesky(Float64Array.of(4, 2, 2, 5), 2);
    expect(factor.logDeterminant).toBeCloseTo(Math.log(16), 12);
    expect([...factor.solve(Float64Array.of(8, 12))]).toEqual([1, 2]);
  });

  it('adds a jitter to a singular matrix, and refuses one that is not positive', () => {
    const [x, y] = new Cholesky(Float64Array.of(1, 1, 1, 1), 2).solve(Float64Array.of(1, 1));
    expect(x! + y!).toBeCloseTo(1, 6);
    expect(() => new Cholesky(Float64Array.of(1, 2, 2, 1), 2)).toThrow(RangeError);
  });
});

describe('Matérn 5/2', () => {
  it.each([
    [0.1, 0.991759236171],
    [0.5, 0.828649142418],
    [1, 0.523994108832],
    [2, 0.138660219139],
    [3, 0.027723421915],
    [Math.sqrt(2), 0.317283363954],
    [Math.sqrt(3), 0.205320876084],
  ])('at distance %d is %d', (r, expected) => expect(matern52(r * r)).toBeCloseTo(expected, 11));
});

describe('Gaussian process', () => {
  const points = [[0], [1], [3]];
  const values = [0.5, 1, -0.5];

  it.each([
    [0.5, 0.8122764985, 0.1953463075, 0.017521223762],
    [2, 0.2924900384, 0.440683341, 0.01011065207],
    [4, -0.1435459681, 0.5302873592, 0.002930904021],
  ])('believes at %d in %d ± %d', (x, mean, deviation, improvement) => {
    const belief = fit(points, values, 1)([x]);
    expect(belief.mean).toBeCloseTo(mean, 9);
    expect(belief.deviation).toBeCloseTo(deviation, 9);
    expect(Math.exp(logExpectedImprovement(belief, 1))).toBeCloseTo(improvement, 10);
  });

  it('has the marginal likelihood, and the length scale where it is highest', () => {
    const mean = 1 / 3;
    const scale = 0.6236095644623;
    const normalised = Float64Array.from(values, (value) => (value - mean) / scale);
    const at = (length: number): number => logMarginalLikelihood(table(points), normalised, length);
    for (const [length, expected] of [
      [0.1, -4.2568155891],
      [0.5, -4.2253739429],
      [1, -4.3701938391],
      [2, -6.8354272892],
      [0.6075063, -4.217867073039],
    ] as const) {
      expect(at(length)).toBeCloseTo(expected, 8);
    }
    const { length } = new GaussianProcess({ squaredDistances: table(points), values: Float64Array.from(values) });
    expect(length).toBeCloseTo(0.6075063, 5);
  });

  it.each([
    [[0, 0, 1], 0.802255943, 0.0977949641, 8.155913342e-3, 0.3127020807],
    [[0, 1, 1], 0.7540747797, 0.0901007606, 1.9993483226e-3, 0.143518565],
    [[1, 0, 1], 0.7167330483, 0.0901007606, 6.9803220065e-4, 0.0695584014],
    [[1, 1, 0], 0.7530217695, 0.0825171924, 1.2349371312e-3, 0.119947598],
  ])('works on categories: %j', (point, mean, deviation, improvement, probability) => {
    const seen = [
      [0, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
      [1, 1, 1],
    ];
    const belief = fit(seen, [0.9, 0.8, 0.88, 0.6], 1)(point);
    expect(belief.mean).toBeCloseTo(mean, 9);
    expect(belief.deviation).toBeCloseTo(deviation, 9);
    expect(Math.exp(logExpectedImprovement(belief, 0.9))).toBeCloseTo(improvement, 10);
    expect(normalDistribution((belief.mean - 0.85) / belief.deviation)).toBeCloseTo(probability, 9);
  });

  it('takes equal values for certain nowhere, and does not fail on equal points', () => {
    expect(fit([[0], [0]], [1, 1])([5])).toMatchObject({ mean: 1 });
    expect(fit([[0], [0]], [1, 1])([5]).deviation).toBeGreaterThan(0);
  });

  it('finds the lowest cell of Branin’s function by expected improvement', () => {
    const cells = Array.from({ length: 256 }, (_, i) => [-5 + (i % 16), Math.floor(i / 16)] as const);
    const branin = ([x, y]: Vector): number =>
      (y! - (5.1 / (4 * Math.PI ** 2)) * x! ** 2 + (5 / Math.PI) * x! - 6) ** 2 +
      10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x!) +
      10;
    const unit = ([x, y]: Vector): Vector => [(x! + 5) / 15, y! / 15];
    const trialsNeeded = (seed: number): number => {
      const rng = createRng(seed);
      const seen = new Set(Array.from({ length: 5 }, () => rng.below(256)));
      for (;;) {
        const values = [...seen].map((i) => -branin(cells[i]!));
        if (Math.max(...values) > -0.498 || seen.size > 60) return seen.size;
        const predict = fit(
          [...seen].map((i) => unit(cells[i]!)),
          values,
        );
        const scores = cells.map((cell, i) =>
          seen.has(i) ? -Infinity : logExpectedImprovement(predict(unit(cell)), Math.max(...values)),
        );
        seen.add(scores.indexOf(Math.max(...scores)));
      }
    };
    expect([1, 2, 3, 4].map(trialsNeeded).filter((trials) => trials <= 60).length).toBeGreaterThanOrEqual(4);
  });
});
