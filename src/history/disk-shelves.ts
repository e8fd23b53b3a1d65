import { wrap, type DBSchema, type IDBPDatabase } from 'idb';
import {
  SEVERAL,
  SINGLE,
  type Key,
  type Row,
  type Shelf,
  type Shelved,
  type Shelves,
  type StoredSession,
} from './shelves.ts';
import { blobsRestored, rowsOfBytes } from './stored-bytes.ts';

interface Schema extends DBSchema {
  sessions: { key: string; value: Shelved['sessions'] };
  files: { key: string; value: Shelved['files'] };
  baselines: { key: string; value: Shelved['baselines'] };
  ranges: { key: [string, number]; value: Shelved['ranges'] };
  trials: { key: [string, number]; value: Shelved['trials'] };
  probes: { key: [string, string]; value: Shelved['probes'] };
  notes: { key: [string, string]; value: Shelved['notes'] };
  reports: { key: string; value: Shelved['reports'] };
  statistics: { key: string; value: Shelved['statistics']; indexes: { usedAt: string } };
}

const VERSION = 2;
const SHELVES = [...SINGLE, ...SEVERAL];

/** Statistics beyond this many are forgotten, those unused for longest first. */
const KEPT_STATISTICS = 20;

/** How the page loses its database while it is open: its data were cleared, or a newer version of Octet took it over. */
export type DiskLoss = 'cleared' | 'superseded';

/** Shelves in IndexedDB. Every write is on disk when its promise resolves. */
export class DiskShelves implements Shelves {
  /** Resolves when all that is asked of the shelves from then on fails; never where they last. */
  readonly loss: Promise<DiskLoss>;
  readonly #database: IDBPDatabase<Schema>;

  private constructor(database: IDBPDatabase<Schema>) {
    this.#database = database;
    this.loss = new Promise((resolve) => {
      // The browser closes it by force where the user clears the data of the page.
      database.addEventListener('close', () => resolve('cleared'));
      // Another tab deletes the database or wants a newer version: let it.
      database.addEventListener('versionchange', ({ newVersion }) => {
        database.close();
        resolve(newVersion === null ? 'cleared' : 'superseded');
      });
    });
  }

  /** Rejects with the browser's own error where it keeps nothing for the page. `factory`: undefined where there is none. */
  static async open(name = 'octet', factory: IDBFactory | undefined = globalThis.indexedDB): Promise<DiskShelves> {
    if (!factory) throw new Error('This browser has no IndexedDB');
    const request = factory.open(name, VERSION);
    request.addEventListener('upgradeneeded', () => upgrade(wrap(request.result) as unknown as IDBPDatabase<Schema>));
    return new DiskShelves((await wrap(request)) as unknown as IDBPDatabase<Schema>);
  }

  async get<S extends Shelf>(shelf: S, key: Key): Promise<Shelved[S] | undefined> {
    const value = (await this.#database.get(shelf, key as Schema[S]['key'])) as Shelved[S] | undefined;
    return holdsBlobs(shelf) ? blobsRestored(value) : value;
  }

  sessions(): Promise<StoredSession[]> {
    return this.#database.getAll('sessions');
  }

  async several<S extends (typeof SEVERAL)[number]>(
    shelf: S,
    session: string,
  ): Promise<(readonly [Key, Shelved[S]])[]> {
    const { store } = this.#database.transaction(shelf);
    const [keys, values] = await Promise.all([store.getAllKeys(rowsOf(session)), store.getAll(rowsOf(session))]);
    return values.map((value, i) => [keys[i] as Key, value as Shelved[S]] as const);
  }

  count(shelf: (typeof SEVERAL)[number], session: string): Promise<number> {
    return this.#database.count(shelf, rowsOf(session));
  }

  /** Private windows of WebKit store no blobs: there, bytes lie in their places. */
  async write(rows: readonly Row[]): Promise<void> {
    try {
      await this.#write(rows);
    } catch (refusal) {
      const bytes = isOutOfRoom(refusal) ? null : await rowsOfBytes(rows);
      if (!bytes) throw refusal;
      await this.#write(bytes);
    }
  }

  async #write(rows: readonly Row[]): Promise<void> {
    const shelves = [...new Set(rows.map(({ shelf }) => shelf))];
    const transaction = this.#database.transaction(shelves, 'readwrite', { durability: 'strict' });
    // Blobs first: a request before one that WebKit refuses never ends, nor does its transaction.
    const ordered = [...rows].sort((a, b) => Number(holdsBlobs(b.shelf)) - Number(holdsBlobs(a.shelf)));
    for (const { shelf, key, value } of ordered)
      void transaction
        .objectStore(shelf)
        .put(value, shelf === 'sessions' ? undefined : (key as string))
        .catch(ignore);
    if (shelves.includes('statistics')) {
      const statistics = transaction.objectStore('statistics');
      const byAge = await statistics.index('usedAt').getAllKeys();
      for (const old of byAge.slice(0, -KEPT_STATISTICS)) void statistics.delete(old).catch(ignore);
    }
    await transaction.done;
  }

  async edit(session: string, change: (row: StoredSession) => StoredSession): Promise<void> {
    const transaction = this.#database.transaction('sessions', 'readwrite', { durability: 'strict' });
    const row = await transaction.store.get(session);
    if (row) void transaction.store.put(change(row)).catch(ignore);
    await transaction.done;
  }

  async remove(session: string): Promise<void> {
    const transaction = this.#database.transaction(SHELVES, 'readwrite', { durability: 'strict' });
    for (const shelf of SINGLE) void transaction.objectStore(shelf).delete(session).catch(ignore);
    for (const shelf of SEVERAL) void transaction.objectStore(shelf).delete(rowsOf(session)).catch(ignore);
    await transaction.done;
  }

  close(): void {
    this.#database.close();
  }
}

/** The transaction itself tells of what fails in it. */
const ignore = (): void => undefined;

function holdsBlobs(shelf: Shelf): boolean {
  return shelf === 'files' || shelf === 'reports';
}

function isOutOfRoom(refusal: unknown): boolean {
  return refusal instanceof DOMException && refusal.name === 'QuotaExceededError';
}

function upgrade(old: IDBPDatabase<Schema>): void {
  for (const shelf of SHELVES) {
    if (old.objectStoreNames.contains(shelf)) continue;
    old.createObjectStore(shelf, shelf === 'sessions' ? { keyPath: 'id' } : {});
  }
  old.createObjectStore('statistics').createIndex('usedAt', 'usedAt');
}

/** Keys of one session in a shelf with several rows for each; an array sorts after every number and text. */
function rowsOf(session: string): IDBKeyRange {
  return IDBKeyRange.bound([session], [session, []]);
}
