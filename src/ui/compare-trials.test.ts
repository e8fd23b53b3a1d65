import { expect, it } from 'vitest';
import type { Int8OpConfig } from '../quantize/config.ts';
import type { Trial } from '../tuning/types.ts';
import { packChanges, type ChangedSamples, type ChangeKind } from '../history/changed-samples.ts';
import { compareTrials, sharedChanges } from './compare-trials.ts';

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
    b: ['int8, static, per channel, KL divergence ranges', 'float'],
  });
  expect(values['Score']?.[1]).toContain('estimated');
  expect(Object.keys(values)).not.toContain('a');
  expect(Object.keys(values)).not.toContain('SmoothQuant');
});

function changes(...samples: [number, ChangeKind][]): ChangedSamples {
  const count = (kind: ChangeKind): number => samples.filter(([, each]) => each === kind).length;
  const counts = { worse: count('worse'), better: count('better'), otherwise: count('otherwise') };
  return { format: 'octet-changes/1', samples: 100, ...counts, packed: packChanges(new Map(samples)) };
}

it('tells which samples trials changed, all of them and each alone', () => {
  const all = [
    changes([3, 'worse'], [7, 'better'], [50, 'otherwise']),
    changes([3, 'otherwise'], [50, 'otherwise'], [99, 'worse']),
  ];
  const rows = compareTrials([trial(1, {}), trial(2, {})], null, null, all);
  const values = Object.fromEntries(rows.map(({ label, values: told }) => [label, told]));
  expect(values).toMatchObject({
    'Samples worse than float': ['1', '1'],
    'Samples better than float': ['1', '0'],
    'Decided otherwise, no better or worse': ['1', '2'],
  });
  expect(sharedChanges(all)).toEqual({ shared: [3, 50], alone: [[7], [99]] });
});

it('tells what is known where a trial ran on a part of the samples', () => {
  const rows = compareTrials([trial(1, {}), trial(2, {})], null, null, [changes([3, 'worse']), null]);
  expect(rows.find(({ label }) => label === 'Samples worse than float')?.values).toEqual(['1', '–']);
  expect(sharedChanges([changes([3, 'worse']), null])).toBeNull();
  expect(sharedChanges([changes(), changes()])).toEqual({ shared: [], alone: [[], []] });
});
