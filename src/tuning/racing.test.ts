import { expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import { Race, type RaceTerms } from './racing.ts';

const terms = (floatValues: readonly number[], more: Partial<RaceTerms> = {}): RaceTerms => ({
  floatValues,
  range: { min: 0, max: 1 },
  higherIsBetter: true,
  allowedLoss: 0.01,
  betting: true,
  ...more,
});

it('has the wealth of the reference', () => {
  // What float gets wrong can still make up for losses: nothing is certain yet.
  const float = Array.from({ length: 100 }, (_, i) => (i < 8 ? 1 : 0));
  const race = new Race(terms(float, { allowedLoss: 0.01 }));
  const wealths = [1, 1, 0, 1, 1, 1, 0, 1].map((lost) => {
    race.add([1 - lost]);
    return race.wealth;
  });
  [1.28425743, 1.71197525, 1.71867416, 2.38577107, 3.45023708, 5.19352381, 5.3128651, 8.32017172].forEach((wealth, i) =>
    expect(wealths[i]).toBeCloseTo(wealth, 7),
  );
});

/** 1000 samples, 760 right in float; the int8 model turns some of them wrong and some of the others right. */
function shuffled(wrong: number, right: number, seed: number): { float: number[]; int8: number[] } {
  const pairs = Array.from({ length: 1000 }, (_, i) => {
    const float = i < 760 ? 1 : 0;
    return { float, int8: i < wrong ? 0 : i >= 760 && i < 760 + right ? 1 : float };
  });
  const rng = createRng(seed);
  for (let i = pairs.length - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    [pairs[i], pairs[j]] = [pairs[j]!, pairs[i]!];
  }
  return { float: pairs.map(({ float }) => float), int8: pairs.map(({ int8 }) => int8) };
}

function samplesNeeded({ float, int8 }: { float: number[]; int8: number[] }, betting: boolean): number {
  const race = new Race(terms(float, { allowedLoss: 0.0076, betting }));
  return int8.findIndex((value) => race.add([value])) + 1;
}

it.each([
  [60, 20, 0.34, 0.88],
  [100, 20, 0.14, 0.77],
  [700, 5, 0.01, 0.27],
])('gives %i lost and %i won of 1000 up as early as the reference', (wrong, right, betting, curtailed) => {
  const shares = [true, false].map((bets) => {
    const needed = Array.from({ length: 60 }, (_, i) => samplesNeeded(shuffled(wrong, right, i + 1), bets));
    return needed.reduce((sum, each) => sum + (each || 1000), 0) / 60 / 1000;
  });
  expect(shares[0]).toBeCloseTo(betting, 1);
  expect(shares[1]).toBeCloseTo(curtailed, 1);
});

it('gives up models that just pass less often than it may, and never by curtailment', () => {
  let rejected = 0;
  for (let seed = 1; seed <= 400; seed++) {
    const passing = shuffled(25, 18, seed);
    if (samplesNeeded(passing, true) > 0) rejected++;
    expect(samplesNeeded(passing, false)).toBe(0);
  }
  expect(rejected / 400).toBeLessThan(0.05);
});

it('is certain at the last sample at the latest', () => {
  const failing = shuffled(26, 18, 1);
  expect(samplesNeeded(failing, false)).toBeGreaterThan(0);
});

it('knows metrics of which less is better, and values between the bounds', () => {
  const float = Array.from({ length: 50 }, () => 0.1);
  const race = new Race(terms(float, { higherIsBetter: false, allowedLoss: 0.05, betting: false }));
  expect(race.add(Array.from({ length: 40 }, () => 0.15))).toBe(false);
  expect(race.add(Array.from({ length: 10 }, () => 0.9))).toBe(true);
});
