import { describe, expect, it } from 'vitest';
import { combinations } from './combinations.ts';

const all = (lists: readonly (readonly string[])[], textOf = (item: string): string => item): string[] =>
  [...combinations(lists, textOf)].map((items) => items.join(''));

describe('combinations', () => {
  it('gives those with the fewest different items first, in product order', () => {
    expect(all([['c', 't'], ['t'], ['c', 't']])).toEqual(['ctc', 'ttt', 'ctt', 'ttc']);
    expect(
      all([
        ['c', 't'],
        ['c', 't'],
        ['C', 'T'],
      ]),
    ).toEqual(['ccC', 'ccT', 'ttC', 'ttT', 'ctC', 'ctT', 'tcC', 'tcT']);
  });

  it('gives every combination once', () => {
    const lists = [['a', 'b', 'c'], ['b', 'c', 'd'], ['a'], ['a', 'd']];
    expect(new Set(all(lists)).size).toBe(18);
    expect(all([])).toEqual(['']);
    expect(all([['a'], []])).toEqual([]);
  });

  it('reaches the first ones of a huge product at once', () => {
    const lists = Array.from({ length: 30 }, (_, i) =>
      Array.from({ length: 9 }, (_, j) => (i === 29 ? `last${j}` : `${j}`)),
    );
    const first = combinations(lists, (item) => item);
    for (let i = 0; i < 100; i++) expect(first.next().done).toBe(false);
  });
});
