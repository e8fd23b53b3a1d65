import { timestamp } from '../../base/clock.ts';
import type { SessionDatabase, SessionSummary } from '../../history/session-database.ts';
import type { ComparedSession } from '../compare-sessions.ts';
import { download, jsonBlob } from '../download.ts';
import { formatTime } from '../format.ts';
import type { Announcer } from './announcer.svelte.ts';
import { notBegun } from './session-faults.ts';
import { StorageState } from './storage.svelte.ts';

/** The list of stored sessions, and what can be done to them without opening one. Actions throw faults. */
export class StoredSessions {
  readonly storage = new StorageState();
  readonly #database: SessionDatabase;
  readonly #announcer: Announcer;
  readonly #fail: (thrown: unknown) => void;
  #all = $state.raw<readonly SessionSummary[]>([]);
  /** Ends the time in which a deleted session can be brought back. */
  #sweeping: ReturnType<typeof setTimeout> | undefined;

  /** `fail`: told of faults outside an action. */
  constructor(database: SessionDatabase, announcer: Announcer, fail: (thrown: unknown) => void) {
    this.#database = database;
    this.#announcer = announcer;
    this.#fail = fail;
  }

  get all(): readonly SessionSummary[] {
    return this.#all;
  }

  /** Reads the list again; sessions whose time to be brought back has ended go. */
  async refresh(): Promise<void> {
    const database = this.#database;
    const now = timestamp();
    await database.sweep(now);
    this.#all = await database.list();
    await this.storage.refresh();
    clearTimeout(this.#sweeping);
    const ends = this.#all.flatMap(({ restorableUntil }) => restorableUntil ?? []).sort();
    if (ends[0]) this.#sweeping = setTimeout(() => this.refresh().catch(this.#fail), msBetween(now, ends[0]));
  }

  async rename({ id }: SessionSummary, name: string): Promise<void> {
    await this.#database.rename(id, name);
    await this.refresh();
    this.#announcer.say(`Renamed to ${name}`);
  }

  async export({ id, name }: Pick<SessionSummary, 'id' | 'name'>): Promise<void> {
    const exported = await this.#database.export(id);
    if (!exported) throw notBegun(name);
    download(`${name}.octet-session.json`, jsonBlob(exported));
  }

  /** What the comparison needs of sessions; those that have not begun are left out. */
  async compared(sessions: readonly SessionSummary[]): Promise<ComparedSession[]> {
    const database = this.#database;
    const found = sessions.map(async ({ id, name }) => ({ id, name, record: await database.record(id) }));
    return (await Promise.all(found)).flatMap(({ id, name, record }) => (record ? [{ id, name, record }] : []));
  }

  /** Takes a session off the list; it can be brought back for some minutes, also by a page that is opened later. */
  async delete(session: SessionSummary): Promise<void> {
    await this.#database.delete(session.id, timestamp());
    await this.refresh();
    const until = this.#all.find(({ id }) => id === session.id)?.restorableUntil;
    this.#announcer.say(`Deleted ${session.name}.${until ? ` Undo is possible until ${formatTime(until)}.` : ''}`);
  }

  async restore({ id, name }: SessionSummary): Promise<void> {
    const isBack = await this.#database.restore(id);
    await this.refresh();
    this.#announcer.say(isBack ? `${name} is back` : `${name} has been deleted for good`);
  }

  /** Deletes a session at once, for its room on the disk. */
  async purge({ id, name }: SessionSummary): Promise<void> {
    await this.#database.remove(id);
    await this.refresh();
    this.#announcer.say(`Deleted ${name} for good`);
  }

  /** Asks the browser to keep what is stored. */
  async keep(): Promise<void> {
    await this.storage.askToPersist();
    const { persisted } = this.storage;
    this.#announcer.say(
      persisted ? 'The browser keeps the sessions' : 'The browser does not promise to keep the sessions',
    );
  }
}

/** Both ISO 8601. */
function msBetween(now: string, later: string): number {
  return Math.max(0, Date.parse(later) - Date.parse(now));
}
