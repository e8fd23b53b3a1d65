import fc from 'fast-check';
import { expect, it } from 'vitest';
import { knapsackPath, type KnapsackOption } from './knapsack.ts';

const option = (loss: number, cost: number): KnapsackOption => ({ loss, cost });
const items = [
  [option(0, 9), option(1, 4), option(4, 2)],
  [option(0, 8), option(2, 7), option(3, 3)],
  [option(0, 5), option(2, 1)],
];

it('takes hull steps by cost saved per loss', () => {
  const path = knapsackPath(items);
  expect(path.map(({ loss }) => loss)).toEqual([0, 1, 3, 6, 9]);
  expect(path.map(({ cost }) => cost)).toEqual([22, 17, 13, 8, 6]);
  expect(path.map(({ choice }) => choice.join(''))).toEqual(['000', '100', '101', '121', '221']);
});

it('is the cheapest of all choices that lose no more, at every step', () => {
  const anyItem = fc.array(
    fc.record({ loss: fc.integer({ min: 0, max: 20 }), cost: fc.integer({ min: 0, max: 20 }) }),
    {
      minLength: 1,
      maxLength: 4,
    },
  );
  fc.assert(
    fc.property(fc.array(anyItem, { minLength: 1, maxLength: 4 }), (some) => {
      const all = some.reduce<KnapsackOption[]>(
        (sums, item) => sums.flatMap((sum) => item.map((each) => option(sum.loss + each.loss, sum.cost + each.cost))),
        [option(0, 0)],
      );
      for (const { loss, cost } of knapsackPath(some)) {
        const cheapest = Math.min(...all.filter((each) => each.loss <= loss).map((each) => each.cost));
        expect(cost).toBe(cheapest);
      }
    }),
  );
});
