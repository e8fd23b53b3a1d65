import { expect, it } from 'vitest';
import type { Int8OpConfig } from '../quantize/config.ts';
import type { Trial } from '../tuning/types.ts';
import { compareTrials } from './compare-trials.ts';

const int8: Int8OpConfig = {
  mode: 'static',
  weight: { dtype: 'int8', scheme: 'sym', granularity: 'per_channel', algorithm: 'minmax' },
  activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm: 'kl' },
};
const trial = (number: number, config: Partial<Trial['config']>, more: Partial<Trial> = {}): Trial => ({
  number,
  stage: `step ${number}`,
  config: { ops: {}, weightStorage: 'auto', samplingSize: 100, ...config },
  status: 'complete',
  score: 0.9,
  met: true,
  samplesEvaluated: 100,
  sizeBytes: 1000,
  latencyMs: 1,
  latencyRatio: 0.5,
  difference: { mean: -0.01, halfWidth: 0.005 },
  seconds: 1,
  modelSha256: null,
  ...more,
});

it('shows measurements of all trials, and of their configs only what differs', () => {
  const rows = compareTrials(
    [
      trial(1, { ops: { a: int8, b: int8 }, equalization: true }),
      trial(2, { ops: { a: int8, b: 'fp32' } }, { status: 'pruned', met: false, latencyRatio: null }),
    ],
    { target: 0.89, higherIsBetter: true },
    null,
  );
  const values = Object.fromEntries(rows.map(({ label, values: all }) => [label, all]));
  expect(values).toMatchObject({
    Step: ['step 1', 'step 2'],
    Criterion: ['met', 'missed'],
    Speed: ['2.00×', '–'],
    'Ops in int8': ['2', '1'],
    Equalization: ['on', 'off'],
    b: ['int8, static, per channel, kl', 'float'],
  });
  expect(values['Score']?.[1]).toContain('estimated');
  expect(Object.keys(values)).not.toContain('a');
  expect(Object.keys(values)).not.toContain('SmoothQuant');
});
