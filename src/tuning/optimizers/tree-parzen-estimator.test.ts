import { describe, expect, it } from 'vitest';
import { createRng } from '../../base/rng.ts';
import { median } from '../../base/statistics.ts';
import { choiceDensity, forgettingWeights, goodCount, JointDensity } from './parzen.ts';
import { suggestByParzen, type Rated } from './tree-parzen-estimator.ts';

const closeTo = (values: Iterable<number>, expected: readonly number[], digits = 8): void => {
  expect([...values]).toHaveLength(expected.length);
  [...values].forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, digits));
};

const losses = [5, 3, 8, 6, 2, 9, 7, 4, 8.5, 5.5, 2.5, 9.5, 6.5, 1, 7.5, 4.5, 3.5, 9.2, 5.2, 6.8];
const rated = losses.map((loss, i): Rated => ({ point: [i % 3], loss }));
const good = [1, 1];
const rest = rated.filter((_, i) => i !== 4 && i !== 13).map(({ point }) => point[0]!);

describe('split and weights', () => {
  it('counts the good by the root of the trials', () => {
    expect([20, 50, 100, 200, 400].map((n) => goodCount(n, 0.25))).toEqual([2, 2, 3, 4, 5]);
    expect([10, 11, 12, 50, 200].map((n) => goodCount(n, 0.3))).toEqual([1, 1, 2, 3, 5]);
    expect(goodCount(1e6, 0.3)).toBe(25);
  });

  it('forgets old observations linearly', () => {
    closeTo(forgettingWeights(30).slice(0, 6), [0.033333, 0.275, 0.516667, 0.758333, 1, 1], 6);
    expect(forgettingWeights(30).reduce((a, b) => a + b)).toBeCloseTo(27.583333333, 8);
    closeTo(forgettingWeights(26).slice(0, 3), [0.03846154, 1, 1]);
    closeTo(forgettingWeights(2), [1, 1]);
  });

  it('smooths counts by the prior', () => {
    closeTo(choiceDensity(good, 3, 1), [0.2, 0.6, 0.2]);
    closeTo(choiceDensity(rest, 3, 1), [0.380952381, 0.285714286, 0.333333333]);
    closeTo(choiceDensity(good, 3, 1 / 3), [1 / 9, 7 / 9, 1 / 9]);
    closeTo(choiceDensity(rest, 3, 1 / 3), [0.385964912, 0.280701754, 0.333333333]);
    const older = [...Array<number>(10).fill(0), ...Array<number>(20).fill(1)];
    closeTo(choiceDensity(older, 2, 1), [0.290140845, 0.709859155]);
  });
});

describe('suggestion', () => {
  const shares = (candidates: number, gamma: number, priorWeight: number): number[] => {
    const rng = createRng(7);
    const counts = [0, 0, 0];
    for (let i = 0; i < 1e5; i++) {
      const [choice] = suggestByParzen([3], rated, { gamma, candidates, priorWeight, joint: false }, rng);
      counts[choice!]!++;
    }
    return counts.map((count) => count / 1e5);
  };
  const near = (values: readonly number[], expected: readonly number[]): void =>
    values.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(0.005));

  it('is the candidate of the highest ratio', () => {
    near(shares(1, 0.25, 1), [0.2, 0.6, 0.2]);
    near(shares(2, 0.25, 1), [0.04, 0.84, 0.12]);
    expect(shares(3, 0.3, 1 / 3)[1]).toBeCloseTo(0.989, 2);
  });

  it('sees combinations only with a joint density', () => {
    const points = {
      good: [
        [0, 0],
        [1, 1],
      ],
      rest: [
        [0, 1],
        [0, 1],
        [1, 0],
        [0, 0],
      ],
    };
    const [likely, unlikely] = [points.good, points.rest].map((each) => new JointDensity(each, [2, 2], 1));
    const all = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ];
    closeTo(
      all.map((point) => likely!.at(point)),
      [0.31, 0.19, 0.19, 0.31],
    );
    closeTo(
      all.map((point) => unlikely!.at(point)),
      [0.2704081633, 0.3724489796, 0.2295918367, 0.1275510204],
    );
    const one = new JointDensity(
      good.map((choice) => [choice]),
      [3],
      1,
    );
    closeTo(
      [0, 1, 2].map((choice) => one.at([choice])),
      [0.222222222, 0.555555556, 0.222222222],
    );
    const ranked = [...points.good, ...points.rest].map((point, i): Rated => ({ point, loss: i }));
    const options = { gamma: 0.6, candidates: 50, priorWeight: 1, joint: true };
    expect(suggestByParzen([2, 2], ranked, options, createRng(1))).toEqual([1, 1]);
  });

  it('beats random choice on Hartmann’s function of six variables', () => {
    const a = [
      [10, 3, 17, 3.5, 1.7, 8],
      [0.05, 10, 17, 0.1, 8, 14],
      [3, 3.5, 1.7, 10, 17, 8],
      [17, 8, 0.05, 10, 0.1, 14],
    ];
    const p = [
      [1312, 1696, 5569, 124, 8283, 5886],
      [2329, 4135, 8307, 3736, 1004, 9991],
      [2348, 1451, 3522, 2883, 3047, 6650],
      [4047, 8828, 8732, 5743, 1091, 381],
    ];
    const hartmann = (point: readonly number[]): number =>
      -[1, 1.2, 3, 3.2].reduce((sum, c, i) => {
        const inner = point.reduce((s, x, j) => s + a[i]![j]! * (x / 4 - p[i]![j]! / 1e4) ** 2, 0);
        return sum + c * Math.exp(-inner);
      }, 0);
    expect(hartmann([1, 1, 2, 1, 1, 3])).toBeCloseTo(-2.8113173312, 6);
    const counts = Array<number>(6).fill(5);
    const best = (seed: number, joint: boolean | null): number => {
      const rng = createRng(seed);
      const seen: Rated[] = [];
      while (seen.length < 60) {
        const start = joint === null || seen.length < 20;
        const options = { gamma: 0.25, candidates: 24, priorWeight: 1, joint: joint ?? false };
        const point = start ? counts.map((count) => rng.below(count)) : suggestByParzen(counts, seen, options, rng);
        seen.push({ point, loss: hartmann(point) });
      }
      return Math.min(...seen.map(({ loss }) => loss));
    };
    const typical = (joint: boolean | null): number =>
      median(Array.from({ length: 9 }, (_, seed) => best(seed + 1, joint)));
    const random = typical(null);
    expect(typical(false)).toBeLessThan(random);
    expect(typical(true)).toBeLessThan(random);
  });
});
