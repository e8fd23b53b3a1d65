import { expect, it } from 'vitest';
import { MemoryShelves } from '../history/memory-shelves.ts';
import { SessionDatabase } from '../history/session-database.ts';
import { SpareShelves } from '../history/spare-shelves.ts';
import type { TuneEvent } from './events.ts';
import { inputs, platform } from './testing/lenet-session.ts';
import { tune } from './tune.ts';

const STARTED_AT = '2026-01-01T00:00:00.000Z';
const config = {
  fileName: 'tune.yaml',
  text: 'tuning: {strategy: {name: basic}, exit_policy: {max_trials: 2}, objective: modelsize}\n',
};

it('ends with the whole result where what was stored is taken away while it runs, and says so', async () => {
  const memory = new MemoryShelves();
  const database = new SessionDatabase(new SpareShelves(Promise.reject(new Error('no disk')), () => memory));
  await database.create('s', 'model', STARTED_AT, inputs);
  const events: TuneEvent[] = [];
  const emit = (event: TuneEvent): void => {
    events.push(event);
    if (event.type === 'trial' && event.trial.number === 1) void database.remove('s');
  };
  const place = { ...platform, store: database.store('s'), startedAt: STARTED_AT, emit };
  const { record, offer } = await tune({ ...inputs, config }, place);
  expect(await database.record('s')).toBeNull();
  expect(record.header).toMatchObject({ format: 'octet-session/1', goal: { higherIsBetter: true } });
  expect(record.baseline?.values).toHaveLength(300);
  expect(record.trials.map(({ number }) => number)).toEqual(
    events.flatMap((event) => (event.type === 'trial' ? [event.trial.number] : [])),
  );
  expect(record.outcome?.best).toBe(offer?.trial);
  expect(offer?.model.length).toBeGreaterThan(1000);
  expect(Object.keys(record.notes).some((key) => key.startsWith('evidence'))).toBe(true);
  const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.warning.code] : []));
  expect(warnings).toContain('session-not-kept');
});
