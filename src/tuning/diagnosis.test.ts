import { describe, expect, it } from 'vitest';
import { diagnose, type Symptoms } from './diagnosis.ts';
import type { OpSensitivity } from './sensitivity.ts';

const NAMES = Array.from({ length: 10 }, (_, i) => `op${i}`);
/** The most harmful first, as they are ranked. */
const effects = (divergences: Readonly<Record<string, number>>, weightSqnrDb = 40): OpSensitivity[] =>
  NAMES.map((op) => ({
    op,
    opType: 'Conv',
    divergence: divergences[op] ?? 0.01,
    weightSqnrDb,
    tensorError: 1e-4,
  })).sort((a, b) => b.divergence - a.divergence);
const healthy: Symptoms = {
  ops: NAMES,
  outlierRatios: new Map(),
  alpha: 0.5,
  splitRatios: new Map(),
  weightRatios: new Map(),
  stretch: new Map(),
  clipping: new Map(),
  depthwise: new Set(),
  calibrationSamples: 100,
};
const EVEN = effects({});

describe('diagnose', () => {
  it('finds nothing where no op stands out', () => {
    expect(diagnose(EVEN, healthy)).toEqual([]);
    expect(diagnose([], healthy)).toEqual([]);
  });

  it('names loud channels, and SmoothQuant unless it is on or off for good', () => {
    const loud = { ...healthy, outlierRatios: new Map([['op3', 37.2], ['op4', 3]]) }; // prettier-ignore
    const [found, ...others] = diagnose(effects({ op3: 0.05 }), loud);
    expect(others).toEqual([]);
    expect(found).toMatchObject({ kind: 'outlier-channels', ops: ['op3'], move: { kind: 'smooth-quant', alpha: 0.5 } });
    expect(found?.evidence).toContain('op3 reads is 37 times');
    expect(diagnose(effects({ op3: 0.05 }), { ...loud, alpha: null })).toEqual([]);
  });

  it('splits channels off that SmoothQuant leaves loud, or cannot reach', () => {
    const splitRatios = new Map([['op3', 37.2], ['op4', 90]]); // prettier-ignore
    const loud = { ...healthy, splitRatios, outlierRatios: new Map([['op3', 37.2]]) };
    const found = diagnose(effects({ op3: 0.05, op4: 0.04 }), loud);
    expect(found.map(({ kind, ops, move }) => [kind, ops, move?.kind])).toEqual([
      ['outlier-channels', ['op3'], 'smooth-quant'],
      ['unsmoothed-channels', ['op4'], 'outlier-channels'],
    ]);
    expect(found[1]?.evidence).toContain('op4 reads are up to 90 times');
    const [smoothed, ...others] = diagnose(effects({ op3: 0.05, op4: 0.04 }), { ...loud, alpha: null });
    expect(others).toEqual([]);
    expect(smoothed).toMatchObject({ kind: 'unsmoothed-channels', ops: ['op3', 'op4'] });
  });

  it('leaves out what concerns only ops that do no harm', () => {
    const weightRatios = new Map([['op9', 100]]);
    expect(diagnose(effects({ op0: 1, op1: 1, op9: 0.001 }), { ...healthy, weightRatios })).toEqual([]);
    expect(diagnose(effects({ op9: 0.05 }), { ...healthy, weightRatios })[0]).toMatchObject({
      kind: 'unequal-weights',
      move: { kind: 'equalization' },
    });
  });

  it('tells ranges that are too wide from those that clip', () => {
    const stretch = new Map([['op2', 9]]);
    const clipping = new Map([['op5', 6]]);
    const kinds = diagnose(effects({ op2: 0.08, op5: 0.05 }), { ...healthy, stretch, clipping }).map(
      ({ kind, move }) => [kind, move],
    );
    expect(kinds).toEqual([
      ['wide-range', { kind: 'range-method', method: 'percentile', ops: ['op2'] }],
      ['clipped-range', { kind: 'range-method', method: 'minmax', ops: ['op5'] }],
    ]);
  });

  it('names depthwise weights, the tail, a single op and few samples', () => {
    const depthwise = new Set(['op1']);
    expect(diagnose(effects({ op1: 0.05 }, 20), { ...healthy, depthwise }).map(({ kind }) => kind)).toEqual([
      'depthwise-weights',
    ]);
    expect(diagnose(effects({ op1: 0.05 }), { ...healthy, depthwise })).toEqual([]);
    expect(diagnose(effects({ op8: 0.1, op9: 0.1 }), healthy).map(({ kind, ops }) => [kind, ops])).toEqual([
      ['tail', ['op8', 'op9', 'op7']],
    ]);
    expect(diagnose(effects({ op4: 1 }), healthy)).toMatchObject([{ kind: 'single-op', move: { ops: ['op4'] } }]);
    expect(diagnose(EVEN, { ...healthy, calibrationSamples: 8 })).toMatchObject([{ kind: 'few-samples', move: null }]);
  });

  it('gives causes first, those that explain most before others', () => {
    const weightRatios = new Map([['op1', 20]]);
    const outlierRatios = new Map([['op2', 20]]);
    const found = diagnose(effects({ op1: 0.05, op2: 0.2 }), { ...healthy, weightRatios, outlierRatios });
    expect(found.map(({ kind }) => kind)).toEqual(['outlier-channels', 'unequal-weights', 'single-op']);
  });
});
