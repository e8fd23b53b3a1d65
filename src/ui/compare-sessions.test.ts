import { expect, it } from 'vitest';
import { header, outcome, report, sampleTrial } from '../../tests/browser/sample-session.ts';
import { compareSessions } from './compare-sessions.ts';

const int8 = {
  mode: 'static',
  weight: { dtype: 'int8', scheme: 'sym', granularity: 'per_channel', algorithm: 'minmax' },
  activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm: 'kl' },
} as const;

const settings = {
  ...header.settings,
  tuning: { strategy: { name: 'basic', options: {} } },
} as unknown as typeof header.settings;
const record = { ...report.record, header: { ...header, settings } };
const first = { id: 'a', name: 'first', record };
const trial = sampleTrial(1, 0.75);
const second = {
  id: 'b',
  name: 'second',
  record: { ...record, trials: [{ ...trial, config: { ...trial.config, ops: { conv1: int8 } } }], outcome },
};

it('puts sessions side by side, with the ops that differ where the model is one', () => {
  const rows = Object.fromEntries(compareSessions([first, second]).map(({ label, values }) => [label, values]));
  expect(rows['Trials']).toEqual(['2', '1']);
  expect(rows['Full evaluations']).toEqual(['4.0', '3.0']);
  expect(rows['conv1']).toEqual(['float', 'int8, static, per channel, KL divergence ranges']);
});

it('compares no ops of different models', () => {
  const other = { ...record.header, model: { ...header.model, sha256: 'f'.repeat(64) } };
  const rows = compareSessions([first, { ...second, record: { ...second.record, header: other } }]);
  expect(rows.map(({ label }) => label)).not.toContain('conv1');
});
