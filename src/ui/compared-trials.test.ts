import { describe, expect, it } from 'vitest';
import { comparedTrials, toggled } from './compared-trials.ts';

const trials = Array.from({ length: 8 }, (_, number) => ({ number }));

describe('comparedTrials', () => {
  it('sets the offered trial beside the first other one before anything is chosen', () => {
    expect(comparedTrials([], trials, 5)).toEqual([0, 5]);
    expect(comparedTrials([], trials, 0)).toEqual([0, 1]);
    expect(comparedTrials([], trials, null)).toEqual([0, 1]);
  });

  it('sets a trial that is chosen alone beside the offered one', () => {
    expect(comparedTrials([3], trials, 5)).toEqual([3, 5]);
    expect(comparedTrials([5], trials, 5)).toEqual([0, 5]);
  });

  it('takes what is chosen, as far as it is there', () => {
    expect(comparedTrials([7, 2, 4], trials, 5)).toEqual([2, 4, 7]);
    expect(comparedTrials([2, 11], trials, 5)).toEqual([2, 5]);
  });
});

describe('toggled', () => {
  it('adds up to four, the lowest first, and takes away', () => {
    const four = [6, 1, 4, 2].reduce<readonly number[]>(toggled, []);
    expect(four).toEqual([1, 2, 4, 6]);
    expect(toggled(four, 7)).toEqual(four);
    expect(toggled(four, 4)).toEqual([1, 2, 6]);
  });
});
