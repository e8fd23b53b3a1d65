import { deleteDB, openDB } from 'idb';
import { expect, it, onTestFinished } from 'vitest';
import { DiskShelves } from '../../src/history/disk-shelves.ts';
import { MemoryShelves } from '../../src/history/memory-shelves.ts';
import { SessionDatabase, type SessionFiles } from '../../src/history/session-database.ts';
import type { Row, Shelves } from '../../src/history/shelves.ts';
import { SpareShelves } from '../../src/history/spare-shelves.ts';
import { baseline, header, outcome, report, sampleRanges, sampleTrial } from './sample-session.ts';

const NAME = 'spare-shelves-test';
const FILES: SessionFiles = {
  model: [{ path: 'm.onnx', blob: new Blob(['123']) }],
  calibration: [],
  evaluation: [{ path: 'eval.npz', blob: new Blob(['rows']) }],
};

/** A browser that lets the page keep nothing. */
const REFUSING = {
  open() {
    throw new DOMException('The user denied permission to access the database.', 'SecurityError');
  },
} as unknown as IDBFactory;

/** A disk that runs full after some writes. */
function filling(disk: DiskShelves, room: number): Shelves {
  const put = <T>(act: () => Promise<T>): Promise<T> =>
    room-- > 0 ? act() : Promise.reject(new DOMException('No room.', 'QuotaExceededError'));
  return {
    get: (shelf, key) => disk.get(shelf, key),
    sessions: () => disk.sessions(),
    several: (shelf, session) => disk.several(shelf, session),
    count: (shelf, session) => disk.count(shelf, session),
    write: (rows: readonly Row[]) => put(() => disk.write(rows)),
    edit: (session, change) => put(() => disk.edit(session, change)),
    remove: (session) => disk.remove(session),
    close: () => disk.close(),
  };
}

function holdsBlob(value: unknown): boolean {
  if (value instanceof Blob) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsBlob);
}

async function run(database: SessionDatabase): Promise<void> {
  await database.create('a', 'm', '2026-01-01T00:00:00Z', FILES);
  const store = database.store('a');
  await store.begin(header);
  await store.saveBaseline(baseline, [1, 1, 1, 0]);
  await store.saveRanges(10, sampleRanges);
  for (const number of [0, 1, 2, 10, 11]) await store.appendTrial(sampleTrial(number, 0.75));
  await store.saveNote('costs', { conv: [1, 0.5] });
  await store.finish(outcome);
  await database.saveReport('a', report);
}

async function expectWhole(database: SessionDatabase): Promise<void> {
  const record = await database.record('a');
  expect(record).toMatchObject({ header, baseline: { baseline }, outcome, notes: { costs: { conv: [1, 0.5] } } });
  expect(record?.ranges[10]).toEqual(sampleRanges);
  expect(record?.trials.map(({ number }) => number)).toEqual([0, 1, 2, 10, 11]);
  expect((await database.report('a'))?.offer?.model).toEqual(report.offer?.model);
  expect((await database.export('a'))?.record).toEqual(record);
  expect(await database.list()).toMatchObject([{ id: 'a', trials: 5, finished: true, sizeBytes: 10 }]);
}

it('keeps whole sessions in memory where the browser refuses', async () => {
  const disk = DiskShelves.open(NAME, REFUSING);
  await expect(disk).rejects.toThrow('denied');
  const memory = new MemoryShelves();
  const database = new SessionDatabase(new SpareShelves(disk, () => memory));
  await run(database);
  await expectWhole(database);
  await database.delete('a', '2026-01-02T00:00:00.000Z');
  expect(await database.restore('a')).toBe(true);
  await database.remove('a');
  expect(await database.list()).toEqual([]);
  expect(await memory.held()).toEqual([]);
});

it.each([0, 1, 3, 6, 9, 10, 11])(
  'goes on in memory when the disk is full after %i writes; the disk keeps what it had',
  async (room) => {
    await deleteDB(NAME);
    const disk = await DiskShelves.open(NAME);
    const memory = new MemoryShelves();
    const database = new SessionDatabase(new SpareShelves(Promise.resolve(filling(disk, room)), () => memory));
    await run(database);
    await expectWhole(database);
    expect(await memory.has('a')).toBe(true);
    const onDisk = await new SessionDatabase(disk).record('a');
    expect(onDisk?.outcome ?? null).toEqual(room > 10 ? outcome : null);
    expect(onDisk?.trials.length ?? 0).toBe(Math.min(5, Math.max(0, room - 4)));
    disk.close();
  },
);

it('keeps bytes on the disk of a browser that stores no blobs', async () => {
  await deleteDB(NAME);
  const disk = await DiskShelves.open(NAME);
  const put = IDBObjectStore.prototype.put;
  onTestFinished(() => void (IDBObjectStore.prototype.put = put));
  const begun = new WeakSet<IDBTransaction>();
  // As private windows of WebKit do: the transaction fails, and if another request came before the blob, it never ends.
  IDBObjectStore.prototype.put = function (value, key) {
    const request = put.call(this, value, key);
    if (holdsBlob(value)) {
      expect(begun.has(this.transaction)).toBe(false);
      request.addEventListener('success', () => this.transaction.abort());
    }
    begun.add(this.transaction);
    return request;
  };
  const memory = new MemoryShelves();
  const database = new SessionDatabase(new SpareShelves(Promise.resolve(disk), () => memory));
  await run(database);
  expect(await memory.held()).toEqual([]);
  await expectWhole(database);
  expect(await (await database.files('a'))?.model[0]?.blob.text()).toBe('123');
  disk.close();
});

it.each([
  ['cleared', () => deleteDB(NAME)],
  ['superseded', async () => (await openDB(NAME, 99)).close()],
])('tells that the database was %s under the page, and goes on in memory', async (loss, lose) => {
  await deleteDB(NAME);
  const disk = await DiskShelves.open(NAME);
  const memory = new MemoryShelves();
  const database = new SessionDatabase(new SpareShelves(Promise.resolve(disk), () => memory));
  await lose();
  expect(await disk.loss).toBe(loss);
  await run(database);
  await expectWhole(database);
  await deleteDB(NAME);
});
