import { expect, it } from 'vitest';
import { createRng } from './rng.ts';

it('is uniform from the first number on, over neighbouring seeds too', () => {
  for (const skipped of [0, 1, 2]) {
    const values = Array.from({ length: 1000 }, (_, seed) => {
      const rng = createRng(seed);
      for (let i = 0; i < skipped; i++) rng.uniform();
      return rng.uniform();
    });
    const tenths = Array<number>(10).fill(0);
    for (const value of values) tenths[Math.floor(value * 10)]!++;
    // χ² with 9 degrees of freedom: beyond 33 once in 10 000.
    expect(tenths.reduce((sum, count) => sum + (count - 100) ** 2 / 100, 0)).toBeLessThan(33);
  }
});

it('repeats itself for the same seed only', () => {
  const draws = (seed: number): number[] => Array.from({ length: 5 }, createRng(seed).uniform);
  expect(draws(9527)).toEqual(draws(9527));
  expect(draws(9527)).not.toEqual(draws(9528));
});
