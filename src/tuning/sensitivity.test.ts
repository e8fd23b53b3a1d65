import { describe, expect, it } from 'vitest';
import type { Int8OpConfig } from '../quantize/config.ts';
import { aloneInInt8, neighbours, probedOps, ranked, sensitivityReference, type OpSensitivity } from './sensitivity.ts';
import type { Trial, TuningSpace } from './types.ts';

const INT8: Int8OpConfig = {
  mode: 'static',
  weight: { dtype: 'int8', scheme: 'sym', granularity: 'per_channel', algorithm: 'minmax' },
  activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm: 'minmax' },
};
const space = (names: readonly string[], change: Partial<TuningSpace['ops'][number]> = {}): TuningSpace => ({
  ops: names.map((name) => ({ name, opType: 'Conv', int8: [INT8], float: true, glue: false, ...change })),
  samplingSizes: [50],
  weightStorage: 'auto',
  smoothQuant: [],
  smoothAlways: false,
  recipes: {
    equalization: 'always',
    weightClip: 'off',
    biasCorrection: 'off',
    outlierChannels: 'off',
    matmulNBits: 'off',
  },
});
const row = (op: string, divergence: number | null, tensorError: number | null = null): OpSensitivity => ({
  op,
  opType: 'Conv',
  divergence,
  weightSqnrDb: 40,
  tensorError,
});
const trial = (number: number, ops: Trial['config']['ops'], status: Trial['status'] = 'complete'): Trial => ({
  number,
  stage: 's',
  config: { ops, weightStorage: 'auto', samplingSize: 50 },
  status,
  score: 0.5,
  met: true,
  samplesEvaluated: 1,
  sizeBytes: 1,
  latencyMs: 1,
  latencyRatio: 1,
  difference: null,
  seconds: 1,
  modelSha256: null,
});

describe('ranked', () => {
  it('puts the most harmful first, what did not run before all, and breaks ties by the error of the tensor', () => {
    const ops = [row('a', 0.1), row('b', 0.3, 0.01), row('c', null), row('d', 0.3, 0.02), row('e', null), row('f', 0)];
    expect(ranked(ops).map(({ op }) => op)).toEqual(['c', 'e', 'd', 'b', 'a', 'f']);
  });
});

describe('sensitivityReference', () => {
  const compact = trial(0, {});
  it('is the offered config, else the first int8 trial that ran, else the first options', () => {
    const [broken, first, second] = [trial(1, { a: INT8 }, 'failed'), trial(2, { a: INT8 }), trial(3, { a: INT8 })];
    const all = [compact, broken, first, second];
    expect(sensitivityReference(space(['a']), all, second)?.trial).toBe(3);
    expect(sensitivityReference(space(['a']), all, compact)?.trial).toBe(2);
    const none = sensitivityReference(space(['a', 'b']), [compact], compact);
    expect(none).toMatchObject({ trial: null, config: { equalization: true, samplingSize: 50 } });
    expect(Object.keys(none?.config.ops ?? {})).toEqual(['a', 'b']);
  });
});

describe('probedOps', () => {
  const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `op${i}`);
  const config = (of: readonly string[]) => trial(1, Object.fromEntries(of.map((name) => [name, INT8]))).config;

  it('takes each int8 op that is a choice, alone', () => {
    expect(probedOps(space(['a', 'b', 'c']), config(['a', 'c']))).toEqual([['a'], ['c']]);
    const pinned = space(['a', 'b'], { float: false });
    expect(probedOps(pinned, config(['a', 'b']))).toEqual([['a'], ['b']]);
    expect(aloneInInt8(pinned, config(['a', 'b']), ['b']).ops).toEqual({ a: 'fp32', b: INT8 });
    expect(probedOps(space(['a'], { glue: true }), config(['a']))).toEqual([]);
  });

  it('lets neighbours share where there are more than 64', () => {
    expect(probedOps(space(names(64)), config(names(64)))).toHaveLength(64);
    const shared = probedOps(space(names(150)), config(names(150)));
    expect(shared).toHaveLength(64);
    expect(shared.flat()).toEqual(names(150));
    expect(new Set(shared.map(({ length }) => length))).toEqual(new Set([2, 3]));
    expect(neighbours([], 0)).toEqual([]);
  });
});
