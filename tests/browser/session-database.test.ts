import { deleteDB, openDB } from 'idb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DiskShelves } from '../../src/history/disk-shelves.ts';
import { SessionDatabase, type SessionFiles } from '../../src/history/session-database.ts';
import { readSessionExport } from '../../src/history/session-export.ts';
import { baseline, header, outcome, report, sampleRanges, sampleTrial } from './sample-session.ts';

const NAME = 'session-database-test';
const files: SessionFiles = {
  model: [{ path: 'mobilenet.onnx', blob: new Blob([new Uint8Array([1, 2, 3])]) }],
  calibration: [],
  evaluation: [{ path: 'data/eval.npz', blob: new File(['rows'], 'eval.npz') }],
  config: { text: 'tuning: {}', fileName: 'tune.yaml' },
};
let database: SessionDatabase;

beforeEach(async () => {
  await new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(NAME);
    request.onsuccess = resolve;
    request.onerror = reject;
  });
  database = new SessionDatabase(await DiskShelves.open(NAME));
});

afterEach(() => database.close());

/** What a killed tab leaves behind is what another connection reads. */
async function reopen(): Promise<void> {
  database.close();
  database = new SessionDatabase(await DiskShelves.open(NAME));
}

/** A session with all that `report` tells, but the report itself. */
async function finish(id: string): Promise<void> {
  await database.create(id, 'mobilenet', '2026-01-01T00:00:00Z', files);
  const store = database.store(id);
  await store.begin(header);
  await store.saveBaseline(baseline, [1, 1, 1, 0]);
  await store.saveRanges(10, sampleRanges);
  for (const trial of report.record.trials) await store.appendTrial(trial);
  for (const [key, probe] of Object.entries(report.record.probes)) await store.saveProbe(key, probe);
  for (const [key, note] of Object.entries(report.record.notes)) await store.saveNote(key, note);
  await store.finish(outcome);
}

it('keeps the files of a session', async () => {
  await database.create('a', 'mobilenet', '2026-01-01T00:00:00Z', files);
  await reopen();
  const kept = await database.files('a');
  expect(kept?.model[0]?.path).toBe('mobilenet.onnx');
  expect(new Uint8Array((await kept?.model[0]?.blob.arrayBuffer()) as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 3]));
  expect(await kept?.evaluation[0]?.blob.text()).toBe('rows');
  expect(kept?.config).toEqual(files.config);
});

it('gives the record of an unfinished session back, as far as it went', async () => {
  await database.create('a', 'mobilenet', '2026-01-01T00:00:00Z', files);
  const store = database.store('a');
  expect(await store.load()).toBeNull();
  await store.begin(header);
  await store.saveBaseline(baseline, [1, 1, 1, 0]);
  await store.saveRanges(10, sampleRanges);
  await store.saveNote('costs', { conv: [1, 0.5] });
  for (const number of [0, 1, 2, 10, 11]) await store.appendTrial(sampleTrial(number, 0.7));
  await reopen();
  const record = await database.store('a').load();
  expect(record?.header).toEqual(header);
  expect(record?.baseline).toEqual({ baseline, values: [1, 1, 1, 0] });
  expect(record?.ranges[10]).toEqual(sampleRanges);
  expect(record?.notes).toEqual({ costs: { conv: [1, 0.5] } });
  expect(record?.trials.map(({ number }) => number)).toEqual([0, 1, 2, 10, 11]);
  expect(record?.outcome).toBeNull();
  expect((await database.list())[0]).toMatchObject({ finished: false, trials: 5, score: null, baselineScore: 0.75 });
});

it('keeps the statistics of the last calibrations, whatever becomes of the sessions', async () => {
  const at = (minute: number): string => `2026-01-01T00:${String(minute).padStart(2, '0')}:00Z`;
  const statistics = sampleRanges['plain']!;
  for (let i = 0; i < 20; i++) await database.saveStatistics(`key ${i}`, statistics, at(i));
  await reopen();
  expect(await database.statistics('key 0', at(30))).toEqual(statistics);
  await database.saveStatistics('key 20', statistics, at(31));
  const kept = await Promise.all([0, 1, 2, 20].map((i) => database.statistics(`key ${i}`, at(32))));
  expect(kept).toEqual([statistics, null, statistics, statistics]);
});

it('takes a database of the first version over', async () => {
  database.close();
  await deleteDB(NAME);
  const stores = ['sessions', 'files', 'baselines', 'ranges', 'trials', 'probes', 'reports'];
  const old = await openDB(NAME, 1, {
    upgrade: (fresh) =>
      stores.forEach((store) => fresh.createObjectStore(store, store === 'sessions' ? { keyPath: 'id' } : {})),
  });
  await old.put('sessions', { id: 'a', name: 'mobilenet', startedAt: '2026-01-01T00:00:00Z' });
  old.close();
  database = new SessionDatabase(await DiskShelves.open(NAME));
  expect(await database.list()).toMatchObject([{ id: 'a', name: 'mobilenet' }]);
  expect(await database.statistics('none', '2026-01-01T00:00:00Z')).toBeNull();
});

it('lists sessions newest first, each with its own trials', async () => {
  await database.create('old', 'one', '2026-01-01T00:00:00Z', files);
  await database.create('new', 'two', '2026-03-01T00:00:00Z', files);
  await database.create('between', 'three', '2026-02-01T00:00:00Z', files);
  await database.store('between').appendTrial(sampleTrial(0, 0.7));
  const list = await database.list();
  expect(list.map(({ id }) => id)).toEqual(['new', 'between', 'old']);
  expect(list.map(({ trials }) => trials)).toEqual([0, 1, 0]);
});

it('stores a report and gives it back whole', async () => {
  await finish('a');
  expect(await database.report('a')).toBeNull();
  await database.saveReport('a', report);
  await reopen();
  expect(await database.report('a')).toEqual(report);
  expect((await database.list())[0]).toMatchObject({ finished: true, score: 0.75 });
});

it('removes a session with all that belongs to it, and no other', async () => {
  for (const id of ['a', 'b']) {
    await database.create(id, 'mobilenet', '2026-01-01T00:00:00Z', files);
    await database.store(id).begin(header);
    await database.store(id).appendTrial(sampleTrial(0, 0.7));
  }
  await database.remove('a');
  expect((await database.list()).map(({ id, trials }) => [id, trials])).toEqual([['b', 1]]);
  expect(await database.files('a')).toBeNull();
  expect(await database.record('a')).toBeNull();
  await database.create('a', 'again', '2026-01-01T00:00:00Z', files);
  expect((await database.list()).find(({ id }) => id === 'a')?.trials).toBe(0);
});

it('brings a deleted session back with all that belongs to it, also after the page was closed', async () => {
  await finish('a');
  await database.saveReport('a', report);
  const before = await database.list();
  await database.delete('a', '2026-01-02T00:00:00.000Z');
  await reopen();
  expect((await database.list())[0]?.restorableUntil).toBe('2026-01-02T00:10:00.000Z');
  await database.sweep('2026-01-02T00:09:59.000Z');
  expect(await database.restore('a')).toBe(true);
  await database.sweep('2027-01-01T00:00:00.000Z');
  expect(await database.list()).toEqual(before);
  expect(await database.report('a')).toEqual(report);
  expect(await (await database.files('a'))?.evaluation[0]?.blob.text()).toBe('rows');
});

it('tells how much a session takes: its files, and the offered model', async () => {
  await finish('a');
  expect((await database.list())[0]?.sizeBytes).toBe(3 + 4);
  await database.saveReport('a', report);
  expect((await database.list())[0]?.sizeBytes).toBe(3 + 4 + 3);
  await database.setFiles('a', { ...files, model: [] });
  expect((await database.list())[0]?.sizeBytes).toBe(4 + 3);
});

it('measures sessions of early versions when it lists them', async () => {
  await finish('a');
  await database.saveReport('a', report);
  const raw = await openDB(NAME);
  const early = Object.entries((await raw.get('sessions', 'a')) as object).filter(([part]) => !part.endsWith('Bytes'));
  await raw.put('sessions', Object.fromEntries(early));
  expect((await database.list())[0]?.sizeBytes).toBe(10);
  expect(await raw.get('sessions', 'a')).toMatchObject({ fileBytes: 7, modelBytes: 3 });
  raw.close();
});

it('sweeps deleted sessions once their time is over, and no others', async () => {
  for (const id of ['a', 'b', 'c']) {
    await database.create(id, id, '2026-01-01T00:00:00Z', files);
    await database.store(id).begin(header);
  }
  await database.delete('a', '2026-01-02T00:00:00.000Z');
  await database.delete('b', '2026-01-02T00:05:00.000Z');
  await database.sweep('2026-01-02T00:10:00.000Z');
  expect((await database.list()).map(({ id }) => id).sort()).toEqual(['b', 'c']);
  expect(await database.files('a')).toBeNull();
  expect(await database.record('a')).toBeNull();
  expect(await database.restore('a')).toBe(false);
});

it('takes an exported session in again, whole', async () => {
  await database.create('a', 'mobilenet', '2026-01-01T00:00:00Z', files);
  const store = database.store('a');
  await store.begin(header);
  await store.saveBaseline(baseline, [1, 1, 1, 0]);
  await store.saveRanges(10, sampleRanges);
  await store.saveNote('costs', { conv1: [1, 0.5] });
  await store.saveProbe('a probe', { errors: { conv1: 0.25 }, samplesEvaluated: 8, seconds: 0.5 });
  for (const number of [0, 1]) await store.appendTrial(sampleTrial(number, 0.75));
  await store.finish(outcome);
  await database.saveReport('a', report);
  await database.rename('a', 'another name');
  const text = JSON.stringify(await database.export('a'));
  await database.import('b', readSessionExport(JSON.parse(text), 'session.json')!);
  await reopen();
  expect(await database.record('b')).toEqual(await database.record('a'));
  expect(await database.report('b')).toEqual(await database.report('a'));
  const names = (await database.list()).map(({ name }) => name);
  expect(names).toEqual(['another name', 'another name']);
  expect(() => readSessionExport({ format: 'octet-session-export/1', name: 'x' }, 'x.json')).toThrow();
  expect(readSessionExport({ format: 'octet-recipe/1' }, 'x.json')).toBeNull();
});
