import { describe, expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import { isUndecided } from './timing-noise.ts';

const around = (centre: number, width: number, n: number): number[] => {
  const rng = createRng(11);
  return Array.from({ length: n }, () => centre + width * (rng.uniform() - 0.5));
};

describe('isUndecided', () => {
  it('tells quiet timings apart from the threshold, and restless ones not', () => {
    expect(isUndecided(around(0.9, 0.05, 30), 1.02)).toBe(false);
    expect(isUndecided(around(1.1, 0.05, 30), 1.02)).toBe(false);
    expect(isUndecided(around(0.98, 0.6, 30), 1.02)).toBe(true);
  });

  it('is settled by more runs', () => {
    expect(isUndecided(around(1, 0.6, 12), 1.02)).toBe(true);
    expect(isUndecided(around(1, 0.6, 4000), 1.02)).toBe(false);
  });
});
