import type { SEVERAL, Key, Row, Shelf, Shelved, Shelves, StoredSession } from './shelves.ts';

/** Shelves in the memory of the tab, gone with it. Workers reach them over the bridge, so that what they write outlives them. */
export class MemoryShelves implements Omit<Shelves, 'edit'> {
  readonly #rows = new Map<string, Row>();
  readonly #onWrite: () => void;

  /** `onWrite`: called after every write. */
  constructor(onWrite: () => void = () => undefined) {
    this.#onWrite = onWrite;
  }

  /** Sessions of which anything lies here. */
  async held(): Promise<string[]> {
    return [...new Set([...this.#rows.values()].map(({ key }) => sessionOf(key)))];
  }

  async has(session: string): Promise<boolean> {
    return (await this.held()).includes(session);
  }

  async get<S extends Shelf>(shelf: S, key: Key): Promise<Shelved[S] | undefined> {
    return this.#rows.get(place(shelf, key))?.value as Shelved[S] | undefined;
  }

  async sessions(): Promise<StoredSession[]> {
    return [...this.#rows.values()].flatMap((row) => (row.shelf === 'sessions' ? [row.value] : []));
  }

  async several<S extends (typeof SEVERAL)[number]>(
    shelf: S,
    session: string,
  ): Promise<(readonly [Key, Shelved[S]])[]> {
    const rows = [...this.#rows.values()].filter((row) => row.shelf === shelf && sessionOf(row.key) === session);
    return rows.map(({ key, value }) => [key, value as Shelved[S]] as const).sort(byKey);
  }

  async count(shelf: (typeof SEVERAL)[number], session: string): Promise<number> {
    return (await this.several(shelf, session)).length;
  }

  async write(rows: readonly Row[]): Promise<void> {
    for (const row of rows) this.#rows.set(place(row.shelf, row.key), row);
    this.#onWrite();
  }

  async remove(session: string): Promise<void> {
    for (const [where, { key }] of this.#rows) if (sessionOf(key) === session) this.#rows.delete(where);
    this.#onWrite();
  }

  close(): void {
    this.#rows.clear();
  }
}

/** Numbers before names, as in IndexedDB. */
export function byKey([a]: readonly [Key, unknown], [b]: readonly [Key, unknown]): number {
  const [one = '', other = ''] = [a[1], b[1]];
  if (typeof one === typeof other) return one < other ? -1 : one > other ? 1 : 0;
  return typeof one === 'number' ? -1 : 1;
}

export function sessionOf(key: Key): string {
  return typeof key === 'string' ? key : key[0];
}

export function place(shelf: Shelf, key: Key): string {
  return JSON.stringify([shelf, key]);
}
