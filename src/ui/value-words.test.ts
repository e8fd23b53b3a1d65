import { expect, test } from 'vitest';
import type { ActivationValues, WeightValues } from '../history/op-values.ts';
import { activationWords, shareText, valueText, weightLines, weightWords } from './value-words.ts';

const bins = { min: 0, max: 1, origin: 0, width: 0.5, counts: [1, 1] };
const range = {
  method: 'kl' as const,
  title: 'KL divergence',
  min: 0,
  max: 0.5,
  stepSize: 0.001961,
  clippedShare: 0.000234,
  isUsed: true,
};
const activation: ActivationValues = { tensor: 't', role: 'read', bins, ranges: [range], channels: null };

test('values and shares in few digits', () => {
  expect([0, -1.23456, 12345.6, 1e-5, 3e7].map(valueText)).toEqual(['0', '−1.23', '12300', '1.0e-5', '3.0e+7']);
  expect([0, 1e-7, 0.000234, 0.5].map(shareText)).toEqual(['none', 'under 0.001 %', '0.023 %', '50 %']);
});

test('what becomes of an activation is said for each way to compute', () => {
  expect(activationWords(activation, 'static')).toBe(
    '0.023 % of the values are clipped (KL divergence range); one step is 0.00196.',
  );
  const unused = { ...activation, ranges: [{ ...range, isUsed: false }] };
  expect(activationWords(unused, 'float')).toMatch('would have');
  expect(activationWords({ ...activation, ranges: [] }, 'dynamic')).toMatch('at every run');
  expect(activationWords({ ...activation, ranges: [] }, 'float')).toMatch('Stays float');
});

test('a weight has one line per scale that is shown', () => {
  const [wide, narrow] = [
    { min: -2, max: 2, stepSize: 2 / 127 },
    { min: -1, max: 1, stepSize: 1 / 127 },
  ];
  const weight: WeightValues = {
    tensor: 'w',
    bins,
    channels: [2, 1],
    int8: { granularity: 'per_channel', largest: wide, median: narrow, sqnrDb: 41.23 },
  };
  expect(weightLines(weight).map(({ max }) => max)).toEqual([2, 1]);
  expect(weightWords(weight, 'static')).toMatch('0.00787 in the median channel and 0.0157 in the largest');
  expect(weightWords(weight, 'static')).toMatch('41.2 dB');
  const perTensor = { ...weight, int8: { ...weight.int8!, granularity: 'per_tensor' as const } };
  expect(weightLines(perTensor)).toHaveLength(1);
  expect(weightWords({ ...weight, int8: null }, 'float')).toMatch('No int8 form');
});
