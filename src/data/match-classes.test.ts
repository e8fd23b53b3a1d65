import { expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import { matchClasses } from './match-classes.ts';

const rng = createRng(5);
const COUNT = 120;
const ORDER = [3, 0, 4, 1, 2];
const labels = Array.from({ length: COUNT }, () => rng.below(ORDER.length));

it('finds the order of a model that is mostly right, and how often it is', () => {
  const answers = labels.map((label) => (rng.uniform() < 0.8 ? (ORDER[label] as number) : rng.below(5)));
  const { order, share } = matchClasses(labels, answers, 5, 5);
  expect(order).toEqual(ORDER);
  const right = labels.filter((label, i) => ORDER[label] === answers[i]).length / COUNT;
  expect(share).toBeCloseTo(right, 12);
});

it('does not take chance for an order: what is matched on one half does not hold on the other', () => {
  const draw = (): number[] => Array.from({ length: 48 }, () => rng.below(24));
  expect(matchClasses(draw(), draw(), 24, 24).share).toBeLessThan(0.2);
});

it('gives labels that no answer names the classes that are left, fewer labels than classes', () => {
  const { order } = matchClasses([0, 0, 2, 2], [4, 4, 1, 1], 4, 6);
  expect(order).toEqual([4, 0, 1, 2]);
});
