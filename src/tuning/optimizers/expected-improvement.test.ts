import { describe, expect, it } from 'vitest';
import { logExpectedImprovement, logImprovement } from './expected-improvement.ts';
import { erfcx, logNormalDistribution, normalDistribution } from './normal.ts';

const close = (value: number, expected: number, relative = 1e-9): void =>
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));

describe('expected improvement', () => {
  it.each([
    [0.7, 0.05, 0.72, 0.0115219418474, 0.34457825839],
    [0.7, 0.05, 0.73, 0.00843363661209, 0.27425311775],
    [1, 0.5, 0.2, 0.81162098398, 0.9452007083],
    [0, 1, 0, 0.398942280401, 0.5],
    [-3, 1, 0, 0.000382154317048, 0.00134989803163],
  ])('of %d ± %d over %d is %d', (mean, deviation, best, improvement, probability) => {
    close(Math.exp(logExpectedImprovement({ mean, deviation }, best)), improvement);
    close(normalDistribution((mean - best) / deviation), probability);
  });

  it('is the gain itself where nothing is uncertain', () => {
    expect(logExpectedImprovement({ mean: 3, deviation: 0 }, 1)).toBe(Math.log(2));
    expect(logExpectedImprovement({ mean: 1, deviation: 0 }, 3)).toBe(-Infinity);
  });

  it.each([
    [2, 0.697383545788228],
    [0, -0.918938533204673],
    [-1, -2.48512102571264],
    [-3, -7.86968605960303],
    [-5, -16.744301162661],
    [-10, -55.5531220361224],
    [-30, -457.724653760598],
  ])('has its logarithm at z = %d in full precision', (z, expected) => close(logImprovement(z), expected));
});

describe('normal distribution', () => {
  it('has an exact logarithm in both tails', () => {
    close(logNormalDistribution(-40), -804.608442013754, 1e-12);
    close(logNormalDistribution(10), -7.61985302416053e-24, 1e-9);
    close(logNormalDistribution(0), Math.log(0.5), 1e-14);
  });

  it('joins the two forms of erfcx without a step', () => {
    for (const x of [0.5, 2.4, 2.49999999, 2.50000001, 3, 8]) {
      const slope = (erfcx(x + 1e-5) - erfcx(x - 1e-5)) / 2e-5;
      close(slope, 2 * x * erfcx(x) - 2 / Math.sqrt(Math.PI), 1e-6);
    }
    close(erfcx(1), 0.42758357615580705, 1e-13);
    close(erfcx(-1), 5.008980080762283, 1e-13);
  });
});
