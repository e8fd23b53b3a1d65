import type { Json } from '../base/canonical-json.ts';
import type { SessionStore } from '../history/session-record.ts';

/** What came from outside a run, made once and kept in the journal, so that a resumed run decides on the same. */
export class JournalNotes {
  readonly #known: Map<string, Json>;
  readonly #store: Pick<SessionStore, 'saveNote'>;

  constructor(stored: Readonly<Record<string, Json>>, store: Pick<SessionStore, 'saveNote'>) {
    this.#known = new Map(Object.entries(stored));
    this.#store = store;
  }

  /** All that are known, by key. */
  get known(): Readonly<Record<string, Json>> {
    return Object.fromEntries(this.#known);
  }

  /** The note under `key`; made and stored by the first call. What a caller gets has gone through JSON in any case. */
  readonly recall = async <T extends Json>(key: string, make: () => Promise<T>): Promise<T> => {
    const known = this.#known.get(key);
    if (known !== undefined) return known as T;
    const made = JSON.parse(JSON.stringify(await make())) as T;
    await this.#store.saveNote(key, made);
    this.#known.set(key, made);
    return made;
  };
}
