import { describe, expect, it } from 'vitest';
import { decidingRatio, judge, ratioToBeat } from './judge.ts';
import type { Verdict } from './judge.ts';
import type { Objective } from './config/tuning.ts';
import { meets } from './criterion.ts';
import type { AccuracyCriterion, Baseline, ExitPolicy, Trial } from './types.ts';

const baseline: Baseline = { score: 0.8, latencyMs: 10, sizeBytes: 1000, seconds: 1, samples: 100 };
const criterion: AccuracyCriterion = { kind: 'relative', tolerance: 0.01, higherIsBetter: true };
const exitPolicy: ExitPolicy = { timeoutSeconds: 0, maxTrials: 100, performanceOnly: false, earlyStopping: 'racing' };

const int8 = {
  mode: 'static',
  weight: { dtype: 'int8', scheme: 'sym', granularity: 'per_channel', algorithm: 'minmax' },
  activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm: 'minmax' },
} as const;

/** Score, latency ratio (measured where the criterion is met), size. */
function trialsOf(rows: readonly (readonly [number | null, number, number])[]): Trial[] {
  return rows.map(([score, ratio, sizeBytes], number) => {
    const met = score !== null && meets(score, baseline.score, criterion);
    return {
      number,
      stage: 'test',
      config: { ops: number === 0 ? {} : { fc: int8 }, weightStorage: 'auto', samplingSize: 1 },
      status: score === null ? 'failed' : 'complete',
      score,
      met,
      samplesEvaluated: 100,
      sizeBytes,
      latencyMs: met ? ratio * 10 : null,
      latencyRatio: met ? ratio : null,
      difference: null,
      seconds: 1,
      modelSha256: String(number),
    };
  });
}

const verdict = (
  rows: Parameters<typeof trialsOf>[0],
  objective: Objective = 'performance',
  policy = exitPolicy,
): Verdict =>
  judge(trialsOf(rows), { baseline, criterion, tuning: { objective, multiObjectives: null, exitPolicy: policy } });

describe('judge', () => {
  it('offers the fastest of those that meet the criterion', () => {
    expect(
      verdict([
        [0.8, 1, 400],
        [0.795, 0.8, 300],
        [0.795, 0.6, 500],
        [0.5, 0.1, 100],
      ]),
    ).toMatchObject({ best: { number: 2 }, met: true });
  });

  it('takes a compact model for faster than float only where that shows beyond noise', () => {
    const offered = (compact: number, int8: number): number | undefined =>
      verdict([
        [0.8, compact, 400],
        [0.795, int8, 450],
      ]).best?.number;
    expect(offered(0.98, 0.965)).toBe(1);
    expect(offered(1.2, 0.965)).toBe(1);
    // Shapes were computed anew at every run: without them the float kernels are as fast as int8.
    expect(offered(0.9, 0.91)).toBe(0);
    expect(offered(0.9, 0.89)).toBe(0);
    expect(offered(0.9, 0.85)).toBe(1);
  });

  it('knows on which side of which ratio a model must lie', () => {
    const op = { ops: { a: int8 }, weightStorage: 'int8', samplingSize: 1 } as const;
    expect(decidingRatio(op)).toBe(1.02);
    expect(decidingRatio({ ...op, ops: { a: 'fp32' } })).toBeCloseTo(1 / 1.03);
  });

  it('asks int8 to beat float, or a compact model that is faster', () => {
    const [fast, slow, untimed] = trialsOf([
      [0.8, 0.9, 400],
      [0.8, 1.1, 400],
      [0.8, 1, 400],
    ]).map((trial) => ({ ...trial, config: { ops: {}, weightStorage: 'int8', samplingSize: 0 } as const }));
    expect([fast!, slow!, { ...untimed!, latencyRatio: null }].map(ratioToBeat)).toEqual([0.9, 1, 1]);
    const wide = { ...untimed!, latencyRatio: null, config: { ...untimed!.config, float16Compute: true as const } };
    expect(ratioToBeat(wide)).toBe(1);
  });

  it('prefers the smaller where latencies are equal within noise', () => {
    expect(
      verdict([
        [0.8, 1, 400],
        [0.795, 0.8, 300],
        [0.795, 0.82, 200],
      ]).best?.number,
    ).toBe(2);
    expect(
      verdict([
        [0.8, 1, 400],
        [0.795, 0.8, 300],
        [0.795, 0.83, 200],
      ]).best?.number,
    ).toBe(1);
    expect(
      verdict([
        [0.8, 1, 400],
        [0.795, 0.8, 300],
        [0.796, 0.8, 300],
      ]).best?.number,
    ).toBe(1);
  });

  it('never offers an int8 model slower than float for speed, but trial 0', () => {
    expect(
      verdict([
        [0.8, 1.03, 400],
        [0.795, 1.03, 200],
      ]),
    ).toMatchObject({ best: { number: 0 }, recommendsFloat: false });
    expect(
      verdict([
        [0.5, 1, 400],
        [0.795, 1.5, 200],
      ]),
    ).toMatchObject({ best: { number: 1 }, met: true, recommendsFloat: true });
    expect(
      verdict([
        [0.8, 1, 400],
        [0.795, 1.5, 200],
      ]),
    ).toMatchObject({ best: { number: 0 }, recommendsFloat: false });
    expect(
      verdict(
        [
          [0.8, 1, 400],
          [0.795, 1.5, 200],
        ],
        'modelsize',
      ),
    ).toMatchObject({ best: { number: 1 }, recommendsFloat: false });
  });

  it('goes by size or score where that is the objective', () => {
    const rows = [
      [0.8, 1, 400],
      [0.795, 0.5, 300],
      [0.81, 0.9, 350],
      [0.81, 0.9, 340],
    ] as const;
    expect(verdict(rows, 'modelsize').best?.number).toBe(1);
    expect(verdict(rows, 'footprint').best?.number).toBe(1);
    expect(verdict(rows, 'accuracy').best?.number).toBe(3);
  });

  it('names the nearest miss, and offers it where nothing meets the criterion', () => {
    expect(
      verdict([
        [0.5, 1, 400],
        [0.79, 1, 300],
        [0.78, 1, 200],
        [null, 1, 1],
      ]),
    ).toMatchObject({
      best: { number: 1 },
      met: false,
      nearestMiss: { number: 1 },
      recommendsFloat: false,
    });
    expect(
      verdict([
        [0.8, 1, 400],
        [0.79, 1, 300],
      ]),
    ).toMatchObject({ best: { number: 0 }, met: true, nearestMiss: { number: 1 } });
    expect(verdict([[null, 1, 1]])).toMatchObject({ best: null, met: false, nearestMiss: null });
  });

  it('takes the first config where performance_only asks for it', () => {
    const policy = { ...exitPolicy, performanceOnly: true };
    expect(
      verdict(
        [
          [0.8, 1, 400],
          [0.3, 2, 100],
        ],
        'performance',
        policy,
      ),
    ).toMatchObject({ best: { number: 1 }, met: false });
    expect(
      verdict(
        [
          [0.8, 1, 400],
          [null, 2, 100],
        ],
        'performance',
        policy,
      ),
    ).toMatchObject({ best: { number: 0 }, met: true });
  });

  it.each([
    [[0.8, 0.2], 2],
    [[0.2, 0.8], 2],
    [[1, 0], 1],
  ] as const)('weighs several objectives %o → trial %d', (weight, best) => {
    const multiObjectives = { objective: ['accuracy', 'performance'] as const, weight, higherIsBetter: null };
    const trials = trialsOf([
      [0.1, 1, 1],
      [0.8, 10 / 12, 1],
      [0.797, 5 / 12, 1],
      [0.7, 2 / 12, 1],
    ]).slice(1);
    const tuning = { objective: 'performance' as const, multiObjectives, exitPolicy };
    expect(judge(trials, { baseline, criterion, tuning }).best?.number).toBe(best);
  });
});

describe('footprint', () => {
  const rows = [
    [0.8, 1, 300],
    [0.795, 0.9, 400],
    [0.795, 0.9, 350],
    [0.796, 0.8, 320],
  ] as const;
  const memory = [9000, 5000, 5000, 8000];
  const trials = trialsOf(rows).map((trial, i) => ({ ...trial, footprintBytes: memory[i]! }));
  const given = { ...baseline, footprintBytes: 9000 };

  it('offers the least memory, and of equals the smaller file', () => {
    const tuning = { objective: 'footprint', multiObjectives: null, exitPolicy } as const;
    expect(judge(trials, { baseline: given, criterion, tuning })).toMatchObject({ best: { number: 2 }, met: true });
  });

  it('keeps what no other trial beats in memory among the best only where it is an objective', () => {
    const judged = (objective: Objective): readonly number[] =>
      judge(trials, { baseline: given, criterion, tuning: { objective, multiObjectives: null, exitPolicy } }).pareto;
    expect(judged('modelsize')).toEqual([0, 3]);
    expect(judged('footprint')).toEqual([0, 2, 3]);
  });

  it('is weighed by itself, apart from the size', () => {
    const best = (objective: 'footprint' | 'modelsize'): number | undefined => {
      const multiObjectives = { objective: [objective], weight: null, higherIsBetter: null };
      const tuning = { objective: 'performance', multiObjectives, exitPolicy } as const;
      return judge(trials, { baseline: given, criterion, tuning }).best?.number;
    };
    expect([best('footprint'), best('modelsize')]).toEqual([1, 0]);
  });
});

describe('directions of objectives', () => {
  const rows = [
    [0.8, 1, 400],
    [0.799, 0.9, 300],
    [0.794, 0.9, 300],
  ] as const;
  it.each([
    [null, 0],
    [[true], 0],
    [[false], 2],
  ])('%j → trial %i', (higherIsBetter, best) => {
    const tuning = {
      objective: 'performance' as const,
      multiObjectives: { objective: ['accuracy' as const], weight: null, higherIsBetter },
      exitPolicy,
    };
    expect(judge(trialsOf(rows), { baseline, criterion, tuning }).best?.number).toBe(best);
  });
});

describe('certainty', () => {
  const interval = (rows: readonly (readonly [number, number, number, number])[]): Trial[] =>
    trialsOf(rows.map(([score, ratio, size]) => [score, ratio, size])).map((trial, i) => ({
      ...trial,
      difference: { mean: trial.score! - baseline.score, halfWidth: rows[i]![3] },
    }));
  const offer = (
    rows: Parameters<typeof interval>[0],
    objective: Objective = 'performance',
    rules = criterion,
  ): Verdict =>
    judge(interval(rows), { baseline, criterion: rules, tuning: { objective, multiObjectives: null, exitPolicy } });

  it('is preferred where it costs at most a tenth of the speed', () => {
    const rows = (ratio: number) =>
      [
        [0.8, 1, 400, 0],
        [0.794, 0.6, 300, 0.005],
        [0.799, ratio, 300, 0.005],
      ] as const;
    expect(offer(rows(0.65))).toMatchObject({ best: { number: 2 }, met: true, byAHair: false });
    expect(offer(rows(0.7))).toMatchObject({ best: { number: 1 }, met: true, byAHair: true });
  });

  it('is preferred among smallest and most accurate models alike', () => {
    const rows = [
      [0.8, 1, 400, 0],
      [0.794, 0.6, 300, 0.005],
      [0.799, 0.6, 320, 0.005],
    ] as const;
    expect(offer(rows, 'modelsize').best?.number).toBe(2);
    const noisy = [
      [0.8, 1, 400, 0.001],
      [0.81, 1, 300, 0.05],
    ] as const;
    expect(offer(noisy, 'accuracy')).toMatchObject({ best: { number: 0 }, byAHair: false });
  });

  it('looks to the other side where lower is better', () => {
    const lower = { ...criterion, higherIsBetter: false };
    const rows = [
      [0.806, 0.6, 300, 0.005],
      [0.801, 0.62, 300, 0.005],
    ] as const;
    const trials = interval(rows).map((trial) => ({ ...trial, met: true, latencyRatio: rows[trial.number]![1] }));
    const { best } = judge(trials, {
      baseline,
      criterion: lower,
      tuning: { objective: 'performance', multiObjectives: null, exitPolicy },
    });
    expect(best?.number).toBe(1);
  });

  it('is not asked for where no model has it, or no interval is known', () => {
    expect(
      offer([
        [0.793, 1, 400, 0.01],
        [0.793, 0.6, 300, 0.01],
        [0.794, 0.7, 300, 0.01],
      ]),
    ).toMatchObject({ best: { number: 1 }, byAHair: true });
    expect(
      verdict([
        [0.8, 1, 400],
        [0.793, 0.6, 300],
      ]),
    ).toMatchObject({ best: { number: 1 }, byAHair: false });
  });
});
