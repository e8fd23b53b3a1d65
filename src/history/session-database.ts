import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { SourceFile } from '../base/source-file.ts';
import type {
  SessionHeader,
  SessionOutcome,
  SessionRecord,
  SessionStore,
  StoredProbe,
  StoredRanges,
} from './session-record.ts';
import type { Baseline, Trial } from '../tuning/types.ts';
import type { TuneReport } from './tune-report.ts';

/** The files a session was started with; blobs lie in the browser's own store, so that a resume needs nothing dropped again. */
export interface SessionFiles {
  readonly model: readonly SourceFile[];
  readonly calibration: readonly SourceFile[];
  readonly evaluation: readonly SourceFile[];
  readonly config?: { readonly text: string; readonly fileName: string };
}

/** A session in the list. */
export interface SessionSummary {
  readonly id: string;
  readonly name: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly trials: number;
  readonly finished: boolean;
  readonly score: number | null;
}

interface StoredSession {
  readonly id: string;
  readonly name: string;
  readonly startedAt: string;
  readonly files: SessionFiles;
  readonly header?: SessionHeader;
  readonly baseline?: { readonly baseline: Baseline; readonly values: readonly number[] };
  readonly ranges: Readonly<Record<number, StoredRanges>>;
  readonly probes?: Readonly<Record<string, StoredProbe>>;
  readonly outcome?: SessionOutcome;
  readonly report?: Omit<TuneReport, 'record'>;
}

interface Schema extends DBSchema {
  sessions: { key: string; value: StoredSession };
  trials: { key: [string, number]; value: { session: string; number: number; trial: Trial } };
}

/** Sessions in IndexedDB. Every write has been committed when its promise resolves. */
export class SessionDatabase {
  readonly #database: IDBPDatabase<Schema>;

  private constructor(database: IDBPDatabase<Schema>) {
    this.#database = database;
  }

  static async open(name = 'octet'): Promise<SessionDatabase> {
    const database = await openDB<Schema>(name, 1, {
      upgrade(fresh) {
        fresh.createObjectStore('sessions', { keyPath: 'id' });
        fresh.createObjectStore('trials', { keyPath: ['session', 'number'] });
      },
      // Another tab wants a newer version: let it have the database.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
    return new SessionDatabase(database);
  }

  async create(id: string, name: string, startedAt: string, files: SessionFiles): Promise<void> {
    await this.#database.put('sessions', { id, name, startedAt, files, ranges: {} }, undefined);
  }

  /** Newest first. */
  async list(): Promise<SessionSummary[]> {
    const sessions = await this.#database.getAll('sessions');
    const summaries = sessions.map(async ({ id, name, startedAt, outcome }): Promise<SessionSummary> => {
      const trials = await this.#trials(id);
      const best = trials.find(({ number }) => number === outcome?.best);
      return {
        id,
        name,
        startedAt,
        trials: trials.length,
        finished: outcome !== undefined,
        score: best?.score ?? null,
      };
    });
    return (await Promise.all(summaries)).sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  }

  async files(id: string): Promise<SessionFiles | null> {
    return (await this.#database.get('sessions', id))?.files ?? null;
  }

  /** Null before the session's inputs have been read. */
  async record(id: string): Promise<SessionRecord | null> {
    const session = await this.#database.get('sessions', id);
    if (!session?.header) return null;
    const { header, baseline = null, ranges, probes = {}, outcome = null } = session;
    return { header, baseline, ranges, trials: await this.#trials(id), probes, outcome };
  }

  /** The report of a finished session, as it was shown at its end. */
  async report(id: string): Promise<TuneReport | null> {
    const [session, record] = [await this.#database.get('sessions', id), await this.record(id)];
    return session?.report && record ? { ...session.report, record } : null;
  }

  async saveReport(id: string, { explanation, offer }: TuneReport): Promise<void> {
    await this.#change(id, (session) => ({ ...session, report: { explanation, offer } }));
  }

  async remove(id: string): Promise<void> {
    const transaction = this.#database.transaction(['sessions', 'trials'], 'readwrite');
    await transaction.objectStore('sessions').delete(id);
    await transaction.objectStore('trials').delete(trialsOf(id));
    await transaction.done;
  }

  /** Where the tuner keeps the session `id`, which `create` has made. */
  store(id: string): SessionStore {
    return {
      load: () => this.record(id),
      begin: (header) => this.#change(id, (session) => ({ ...session, header })),
      saveBaseline: (baseline, values) =>
        this.#change(id, (session) => ({ ...session, baseline: { baseline, values } })),
      saveRanges: (size, ranges) =>
        this.#change(id, (session) => ({ ...session, ranges: { ...session.ranges, [size]: ranges } })),
      appendTrial: async (trial) => {
        await this.#database.put('trials', { session: id, number: trial.number, trial });
      },
      saveProbe: (key, probe) =>
        this.#change(id, (session) => ({ ...session, probes: { ...session.probes, [key]: probe } })),
      finish: (outcome) => this.#change(id, (session) => ({ ...session, outcome })),
    };
  }

  close(): void {
    this.#database.close();
  }

  async #trials(id: string): Promise<Trial[]> {
    return (await this.#database.getAll('trials', trialsOf(id))).map(({ trial }) => trial);
  }

  async #change(id: string, edit: (session: StoredSession) => StoredSession): Promise<void> {
    const transaction = this.#database.transaction('sessions', 'readwrite', { durability: 'strict' });
    const session = await transaction.store.get(id);
    if (session) await transaction.store.put(edit(session));
    await transaction.done;
  }
}

function trialsOf(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id, -Infinity], [id, Infinity]);
}
