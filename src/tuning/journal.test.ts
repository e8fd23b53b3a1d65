import { describe, expect, it } from 'vitest';
import { Fault } from '../base/fault.ts';
import { parseConfig } from './config/parse.ts';
import { checkResumable, type JournalIdentity } from './journal.ts';

const vocabulary = { metrics: [], transforms: [], strategies: [{ name: 'basic', help: '', options: {} }] };
const settings = (text: string): JournalIdentity['settings'] => parseConfig(text, vocabulary).settings;
const header: JournalIdentity = {
  modelSha256: 'a',
  calibrationSha256: null,
  evaluationSha256: 'c',
  settings: settings('tuning: {random_seed: 1}'),
  strategySha256: null,
  runtime: 'wasm 1.30 1 thread',
};

describe('checkResumable', () => {
  it('accepts the same tuning', () => {
    expect(() => checkResumable(header, { ...header, settings: settings('tuning: {random_seed: 1}') })).not.toThrow();
  });

  it('accepts a session of a version that lacked a key, where the key has its default', () => {
    const accuracy = Object.entries(header.settings.evaluation.accuracy).filter(([key]) => key !== 'device');
    const evaluation = { ...header.settings.evaluation, accuracy: Object.fromEntries(accuracy) };
    const stored = {
      ...header,
      settings: { ...header.settings, evaluation } as unknown as JournalIdentity['settings'],
    };
    expect(() => checkResumable(stored, header)).not.toThrow();
    const other = settings('{tuning: {random_seed: 1}, evaluation: {accuracy: {device: gpu}}}');
    expect(() => checkResumable(stored, { ...header, settings: other })).toThrow('evaluation.accuracy.device');
  });

  it.each([
    [{ modelSha256: 'b' }, 'the model'],
    [{ calibrationSha256: 'x' }, 'the calibration data'],
    [{ evaluationSha256: null }, 'the evaluation data'],
    [{ strategySha256: 'd' }, 'the strategy module'],
    [{ runtime: 'native' }, 'the runtime (wasm 1.30 1 thread, now native)'],
    [{ settings: settings('tuning: {random_seed: 1, exit_policy: {max_trials: 3}}') }, 'tuning.exitPolicy.maxTrials'],
  ])('names what differs: %o', (change, found) => {
    try {
      checkResumable(header, { ...header, ...change });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(Fault);
      expect((error as Fault).code).toBe('journal-mismatch');
      expect((error as Fault).details.found).toBe(found);
    }
  });
});
