import { byKey, sessionOf, type MemoryShelves } from './memory-shelves.ts';
import type { SEVERAL, Key, Row, Shelf, Shelved, Shelves, StoredSession } from './shelves.ts';

/** What a worker may use of the page's memory as well. */
export type SpareMemory = Pick<MemoryShelves, keyof MemoryShelves>;

/**
 * The disk, and memory for what it refuses: where the browser lets the page keep nothing, or has no room left, sessions go on.
 * A session of which a part is in memory stays there from then on, so that what is on disk is one it could be resumed from.
 */
export class SpareShelves implements Shelves {
  readonly #disk: Promise<Shelves>;
  readonly #memory: () => SpareMemory;

  /** `disk` may reject. `memory`: asked for at every use, since a worker is handed it after its start. */
  constructor(disk: Promise<Shelves>, memory: () => SpareMemory) {
    this.#disk = disk;
    this.#memory = memory;
    disk.catch(() => undefined);
  }

  async get<S extends Shelf>(shelf: S, key: Key): Promise<Shelved[S] | undefined> {
    return (await this.#memory().get(shelf, key)) ?? (await this.#read((disk) => disk.get(shelf, key), undefined));
  }

  async sessions(): Promise<StoredSession[]> {
    const here = await this.#memory().sessions();
    const there = await this.#read((disk) => disk.sessions(), []);
    return [...here, ...there.filter(({ id }) => !here.some((session) => session.id === id))];
  }

  async several<S extends (typeof SEVERAL)[number]>(
    shelf: S,
    session: string,
  ): Promise<(readonly [Key, Shelved[S]])[]> {
    const here = await this.#memory().several(shelf, session);
    const there = await this.#read((disk) => disk.several(shelf, session), []);
    const isHere = ([key]: readonly [Key, unknown]): boolean => here.some(([other]) => other[1] === key[1]);
    return [...here, ...there.filter((row) => !isHere(row))].sort(byKey);
  }

  async count(shelf: (typeof SEVERAL)[number], session: string): Promise<number> {
    if (await this.#memory().has(session)) return (await this.several(shelf, session)).length;
    return this.#read((disk) => disk.count(shelf, session), 0);
  }

  /** Statistics are measured again: only the disk keeps them, and refuses them with an error. */
  async write(rows: readonly Row[]): Promise<void> {
    const [first] = rows;
    if (!first) return;
    if (first.shelf === 'statistics') return (await this.#disk).write(rows);
    const isKept = await this.#tryDisk(sessionOf(first.key), (disk) => disk.write(rows));
    if (!isKept) await this.#memory().write(rows);
  }

  async edit(session: string, change: (row: StoredSession) => StoredSession): Promise<void> {
    if (await this.#tryDisk(session, (disk) => disk.edit(session, change))) return;
    const row = await this.get('sessions', session);
    if (row) await this.#memory().write([{ shelf: 'sessions', key: session, value: change(row) }]);
  }

  async remove(session: string): Promise<void> {
    await this.#memory().remove(session);
    await this.#read((disk) => disk.remove(session), undefined);
  }

  close(): void {
    this.#disk.then((disk) => disk.close()).catch(() => undefined);
  }

  async #tryDisk(session: string, act: (disk: Shelves) => Promise<void>): Promise<boolean> {
    if (await this.#memory().has(session)) return false;
    try {
      await act(await this.#disk);
      return true;
    } catch {
      // Whoever owns the memory tells the user.
      return false;
    }
  }

  async #read<T>(ask: (disk: Shelves) => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await ask(await this.#disk);
    } catch {
      return otherwise;
    }
  }
}
