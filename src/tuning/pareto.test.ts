import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { option } from './testing/simulation.ts';
import { paretoRanks, paretoSet } from './pareto.ts';
import type { Trial } from './types.ts';

const trial = (number: number, score: number | null, latencyRatio: number | null, sizeBytes: number): Trial => ({
  number,
  stage: 'test',
  config: { ops: { fc: option('per_channel') }, weightStorage: 'auto', samplingSize: 1 },
  status: score === null ? 'failed' : 'complete',
  score,
  met: latencyRatio !== null,
  samplesEvaluated: 10,
  sizeBytes,
  latencyMs: latencyRatio,
  latencyRatio,
  difference: null,
  seconds: 1,
  modelSha256: null,
});

describe('paretoRanks', () => {
  it('gives the ranks of the published example', () => {
    const points = [
      [1, 5],
      [2, 3],
      [4, 1],
      [3, 4],
      [5, 5],
      [2, 6],
    ];
    expect(paretoRanks(points)).toEqual([0, 0, 0, 1, 2, 1]);
  });

  it('lets equal points share their rank', () => {
    expect(
      paretoRanks([
        [1, 1],
        [1, 1],
        [1, 2],
      ]),
    ).toEqual([0, 0, 1]);
    expect(paretoRanks([])).toEqual([]);
  });

  it('ranks a point right behind the worst that dominates it', () => {
    const point = fc.tuple(
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 0, max: 6 }),
      fc.integer({ min: 0, max: 6 }),
    );
    fc.assert(
      fc.property(fc.array(point, { maxLength: 25 }), (points) => {
        const ranks = paretoRanks(points);
        for (const [i, a] of points.entries()) {
          const behind = points.flatMap((b, j) =>
            b.every((value, k) => value <= a[k]!) && b.some((value, k) => value < a[k]!) ? [ranks[j]!] : [],
          );
          expect(ranks[i]).toBe(Math.max(-1, ...behind) + 1);
        }
      }),
    );
  });
});

describe('paretoSet', () => {
  it('keeps what no other trial beats in score, latency and size at once', () => {
    const trials = [
      trial(0, 0.8, 1, 400),
      trial(1, 0.79, 0.7, 300),
      trial(2, 0.78, 0.75, 310),
      trial(3, 0.5, null, 290),
      trial(4, 0.4, null, 295),
      trial(5, null, null, 1),
    ];
    expect(paretoSet(trials, true)).toEqual([0, 1, 3]);
    expect(paretoSet(trials.slice(0, 3), false)).toEqual([1, 2]);
  });

  it('does not take a compact model for a fast one', () => {
    const compact = {
      ...trial(0, 0.8, 0.6, 400),
      config: { ops: {}, weightStorage: 'auto' as const, samplingSize: 0 },
    };
    expect(paretoSet([compact, trial(1, 0.8, 0.9, 400)], true)).toEqual([1]);
  });
});
