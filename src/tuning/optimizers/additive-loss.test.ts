import { expect, it } from 'vitest';
import { AdditiveLoss, bestAdditiveLoss } from './additive-loss.ts';

const prior = { means: [0.01, 0.02], deviations: [0.01, 0.02], noise: 0.0015, relativeNoise: 0 };
const both = { point: [1, 1], loss: 0.05, variance: 0 };
const first = { point: [1, 0], loss: 0.012, variance: 0 };

it('shares a loss among its parts by their doubt', () => {
  const model = new AdditiveLoss(prior, [both]);
  expect(model.sum([1, 0]).mean).toBeCloseTo(0.01398208, 8);
  expect(model.sum([0, 1]).mean).toBeCloseTo(0.03592832, 8);
});

it('learns the parts from several losses', () => {
  const model = new AdditiveLoss(prior, [both, first]);
  expect(model.sum([1, 0]).mean).toBeCloseTo(0.01205416, 8);
  expect(model.sum([0, 1]).mean).toBeCloseTo(0.03784546, 8);
  expect(model.sum([1, 0]).deviation).toBeCloseTo(0.00147936, 8);
  expect(model.sum([0, 1]).deviation).toBeCloseTo(0.00209798, 8);
});

it('believes the prior where nothing was observed', () => {
  const model = new AdditiveLoss(prior, []);
  expect(model.sum([1, 1]).mean).toBeCloseTo(0.03, 12);
  expect(model.loss([0, 0])).toEqual({ mean: 0, deviation: 0.0015 });
});

it('gives less weight to a loss that stands for a part of the samples', () => {
  const [certain, vague] = [0, 0.03 ** 2].map((variance) => new AdditiveLoss(prior, [{ ...both, variance }]));
  expect(Math.abs((vague?.sum([1, 1]).mean ?? 0) - 0.03)).toBeLessThan(
    Math.abs((certain?.sum([1, 1]).mean ?? 0) - 0.03),
  );
});

it('drops shares that the observations contradict', () => {
  const shares = [0.98, 0.01, 0.01];
  const observations = [
    { point: [1, 1, 1], loss: 0.03, variance: 0 },
    { point: [1, 0, 0], loss: 0.0002, variance: 0 },
    { point: [0, 1, 0], loss: 0.028, variance: 0 },
  ];
  const model = bestAdditiveLoss(shares, 0.03, 0.0015, observations);
  expect(model.sum([0, 1, 0]).mean).toBeGreaterThan(0.02);
  expect(model.sum([1, 0, 0]).mean).toBeLessThan(0.005);
});
