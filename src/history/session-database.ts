import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Json } from '../base/canonical-json.ts';
import { Fault } from '../base/fault.ts';
import type { SourceFile } from '../base/source-file.ts';
import type {
  ModelStatistics,
  SessionHeader,
  SessionOutcome,
  SessionRecord,
  SessionStore,
  StoredProbe,
  StoredRanges,
} from './session-record.ts';
import { exportedReport, exportSession, type SessionExport } from './session-export.ts';
import type { ArrayChoice } from '../base/array-choice.ts';
import type { Preprocessing } from './preprocessing.ts';
import type { Trial } from '../tuning/types.ts';
import type { TuneReport } from './tune-report.ts';

/** The files a session was started with; blobs lie in the browser's own store, so that a resume needs nothing dropped again. */
export interface SessionFiles {
  readonly model: readonly SourceFile[];
  readonly calibration: readonly SourceFile[];
  readonly evaluation: readonly SourceFile[];
  readonly holdOut?: readonly SourceFile[];
  /** Without any token. */
  readonly config?: { readonly text: string; readonly fileName: string };
  /** As the page showed it before the start. */
  readonly preprocessing?: Preprocessing;
  readonly arrays?: ArrayChoice;
  /** A module that the user has allowed to run. */
  readonly strategy?: { readonly text: string; readonly fileName: string };
}

/** A session in the list. */
export interface SessionSummary {
  readonly id: string;
  readonly name: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly trials: number;
  readonly finished: boolean;
  /** Of the float model and of the offered one; null while unknown. */
  readonly baselineScore: number | null;
  readonly score: number | null;
  readonly higherIsBetter: boolean;
  /** Of its files and of the offered model; the journal is small beside them. */
  readonly sizeBytes: number;
  /** ISO 8601 time until which the session can be brought back; null unless it has been deleted. */
  readonly restorableUntil: string | null;
}

/** What the list shows and little more: lists must not read models and data. */
interface StoredSession {
  readonly id: string;
  readonly name: string;
  readonly startedAt: string;
  readonly header?: SessionHeader;
  readonly outcome?: SessionOutcome;
  /** Of the files, and of the offered model once there is a report; sessions of early versions have none until they are listed. */
  readonly fileBytes?: number;
  readonly modelBytes?: number;
  /** ISO 8601 time from which on it is gone for good; present only in a deleted session. */
  readonly restorableUntil?: string;
}

type StoredBaseline = NonNullable<SessionRecord['baseline']>;
type StoredOffer = Omit<NonNullable<TuneReport['offer']>, 'model'> & { readonly model: Blob };

interface Schema extends DBSchema {
  sessions: { key: string; value: StoredSession };
  files: { key: string; value: SessionFiles };
  baselines: { key: string; value: StoredBaseline };
  ranges: { key: [string, number]; value: StoredRanges };
  trials: { key: [string, number]; value: Trial };
  probes: { key: [string, string]; value: { key: string; probe: StoredProbe } };
  notes: { key: [string, string]; value: { key: string; note: Json } };
  reports: { key: string; value: { explanation: string; offer: StoredOffer | null } };
  statistics: { key: string; value: { statistics: ModelStatistics; usedAt: string }; indexes: { usedAt: string } };
}

/** How long a deleted session can be brought back. */
const RESTORABLE_MS = 10 * 60_000;

/** Statistics beyond this many are forgotten, those unused for longest first. */
const KEPT_STATISTICS = 20;

/** Stores of the sessions themselves. */
const STORES = ['sessions', 'files', 'baselines', 'ranges', 'trials', 'probes', 'notes', 'reports'] as const;

/** Sessions in IndexedDB. Every write is on disk when its promise resolves. */
export class SessionDatabase {
  readonly #database: IDBPDatabase<Schema>;

  private constructor(database: IDBPDatabase<Schema>) {
    this.#database = database;
  }

  /** Throws `output-unwritable` where the browser lets the page keep nothing. */
  static async open(name = 'octet'): Promise<SessionDatabase> {
    try {
      return new SessionDatabase(await SessionDatabase.#connect(name));
    } catch (cause) {
      throw new Fault(
        'output-unwritable',
        {
          message: 'This browser lets the page keep nothing, so that no session can run',
          found: cause instanceof Error ? cause.message : String(cause),
          accepted: 'storage for this page (IndexedDB)',
          next: 'Allow cookies and site data for this page, or open it outside of a private window.',
        },
        { cause },
      );
    }
  }

  static #connect(name: string): Promise<IDBPDatabase<Schema>> {
    return openDB<Schema>(name, 2, {
      upgrade(old) {
        for (const store of STORES) {
          if (old.objectStoreNames.contains(store)) continue;
          old.createObjectStore(store, store === 'sessions' ? { keyPath: 'id' } : {});
        }
        old.createObjectStore('statistics').createIndex('usedAt', 'usedAt');
      },
      // Another tab wants a newer version: let it have the database.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
  }

  /** Throws `output-unwritable` where the browser has no room for the files. */
  async create(id: string, name: string, startedAt: string, files: SessionFiles): Promise<void> {
    try {
      const transaction = this.#database.transaction(['sessions', 'files'], 'readwrite', { durability: 'strict' });
      await transaction.objectStore('sessions').put({ id, name, startedAt, fileBytes: bytesOf(files), modelBytes: 0 });
      await transaction.objectStore('files').put(files, id);
      await transaction.done;
    } catch (cause) {
      throw new Fault(
        'output-unwritable',
        {
          message: 'The browser could not keep the session',
          found: cause instanceof Error ? cause.message : String(cause),
          next: 'Delete earlier sessions or free space on the disk, then start again.',
        },
        { cause },
      );
    }
  }

  /** Newest first, those among them that have been deleted and can be brought back. */
  async list(): Promise<SessionSummary[]> {
    const sessions = await this.#database.getAll('sessions');
    const summaries = sessions.map(async (session): Promise<SessionSummary> => {
      const { id, name, startedAt, header, outcome, restorableUntil } = session;
      const best = typeof outcome?.best === 'number' ? await this.#database.get('trials', [id, outcome.best]) : null;
      return {
        id,
        name,
        startedAt,
        trials: await this.#database.count('trials', entriesOf(id)),
        finished: outcome !== undefined,
        baselineScore: (await this.#database.get('baselines', id))?.baseline.score ?? null,
        score: best?.score ?? null,
        higherIsBetter: header?.goal.higherIsBetter ?? true,
        sizeBytes: await this.#sizeBytes(session),
        restorableUntil: restorableUntil ?? null,
      };
    });
    return (await Promise.all(summaries)).sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  }

  async files(id: string): Promise<SessionFiles | null> {
    return (await this.#database.get('files', id)) ?? null;
  }

  /** Null before the session's inputs have been read. */
  async record(id: string): Promise<SessionRecord | null> {
    const session = await this.#database.get('sessions', id);
    if (!session?.header) return null;
    const sizes = await this.#database.getAllKeys('ranges', entriesOf(id));
    const ranges = await Promise.all(
      sizes.map(async (key) => [key[1], await this.#database.get('ranges', key)] as const),
    );
    const probes = await this.#database.getAll('probes', entriesOf(id));
    const notes = await this.#database.getAll('notes', entriesOf(id));
    return {
      header: session.header,
      baseline: (await this.#database.get('baselines', id)) ?? null,
      ranges: Object.fromEntries(ranges) as Record<number, StoredRanges>,
      probes: Object.fromEntries(probes.map(({ key, probe }) => [key, probe])),
      notes: Object.fromEntries(notes.map(({ key, note }) => [key, note])),
      trials: await this.#database.getAll('trials', entriesOf(id)),
      outcome: session.outcome ?? null,
    };
  }

  /** The report of a finished session, as it was shown at its end; null where the page was closed before it was kept. */
  async report(id: string): Promise<TuneReport | null> {
    const stored = await this.#database.get('reports', id);
    const record = await this.record(id);
    if (!stored || !record) return null;
    const { explanation, offer } = stored;
    const model = offer && new Uint8Array(await offer.model.arrayBuffer());
    return { record, explanation, offer: offer && model && { ...offer, model } };
  }

  async saveReport(id: string, { explanation, offer }: TuneReport): Promise<void> {
    const model = offer && new Blob([offer.model as Uint8Array<ArrayBuffer>]);
    await this.#database.put('reports', { explanation, offer: offer && model && { ...offer, model } }, id);
    await this.#change(id, (session) => ({ ...session, modelBytes: model?.size ?? 0 }));
  }

  /** What an earlier session's calibration found; null where none is kept. `now`: ISO 8601. */
  async statistics(key: string, now: string): Promise<ModelStatistics | null> {
    const kept = await this.#database.get('statistics', key);
    if (!kept) return null;
    await this.saveStatistics(key, kept.statistics, now);
    return kept.statistics;
  }

  /** Never fails: statistics that cannot be kept are measured again. */
  async saveStatistics(key: string, statistics: ModelStatistics, now: string): Promise<void> {
    try {
      const { store, done } = this.#database.transaction('statistics', 'readwrite');
      await store.put({ statistics, usedAt: now }, key);
      const byAge = await store.index('usedAt').getAllKeys();
      await Promise.all(byAge.slice(0, -KEPT_STATISTICS).map((old) => store.delete(old)));
      await done;
    } catch {
      // No room: the next session calibrates again.
    }
  }

  async rename(id: string, name: string): Promise<void> {
    await this.#change(id, (session) => ({ ...session, name }));
  }

  /** Null before the session's inputs have been read. */
  async export(id: string): Promise<SessionExport | null> {
    const [session, record] = [await this.#database.get('sessions', id), await this.record(id)];
    return session && record ? exportSession(session.name, record, await this.report(id)) : null;
  }

  /** Stores an exported session as `id`, whole or not at all; its model and data did not come along. */
  async import(id: string, exported: SessionExport): Promise<void> {
    const { name, startedAt, record } = exported;
    const { header, outcome, baseline } = record;
    const transaction = this.#database.transaction(STORES, 'readwrite', { durability: 'strict' });
    const session = { id, name, startedAt, header, ...(outcome && { outcome }), fileBytes: 0, modelBytes: 0 };
    await transaction.objectStore('sessions').put(session);
    await transaction.objectStore('files').put({ model: [], calibration: [], evaluation: [] }, id);
    if (baseline) await transaction.objectStore('baselines').put(baseline, id);
    for (const [size, ranges] of Object.entries(record.ranges))
      await transaction.objectStore('ranges').put(ranges, [id, Number(size)]);
    for (const trial of record.trials) await transaction.objectStore('trials').put(trial, [id, trial.number]);
    for (const [key, probe] of Object.entries(record.probes))
      await transaction.objectStore('probes').put({ key, probe }, [id, key]);
    for (const [key, note] of Object.entries(record.notes))
      await transaction.objectStore('notes').put({ key, note }, [id, key]);
    await transaction.done;
    const report = exportedReport(exported);
    if (report) await this.saveReport(id, report);
  }

  /** Gives an imported session the model and data that it needs to go on. */
  async setFiles(id: string, files: SessionFiles): Promise<void> {
    await this.#database.put('files', files, id);
    await this.#change(id, (session) => ({ ...session, fileBytes: bytesOf(files) }));
  }

  /** Marks a session as deleted: all of it stays until `sweep` comes after its time. `now`: ISO 8601. */
  async delete(id: string, now: string): Promise<void> {
    const restorableUntil = new Date(Date.parse(now) + RESTORABLE_MS).toISOString();
    await this.#change(id, (session) => ({ ...session, restorableUntil }));
  }

  /** Takes a deletion back. False: its time is over. */
  async restore(id: string): Promise<boolean> {
    await this.#change(id, ({ restorableUntil: _, ...session }) => session);
    return (await this.#database.getKey('sessions', id)) !== undefined;
  }

  /** Removes the deleted sessions whose time is over. `now`: ISO 8601. */
  async sweep(now: string): Promise<void> {
    const sessions = await this.#database.getAll('sessions');
    for (const { id, restorableUntil } of sessions) {
      if (restorableUntil !== undefined && restorableUntil <= now) await this.remove(id);
    }
  }

  /** Removes a session for good. */
  async remove(id: string): Promise<void> {
    const transaction = this.#database.transaction(STORES, 'readwrite', { durability: 'strict' });
    for (const store of ['sessions', 'files', 'baselines', 'reports'] as const) {
      await transaction.objectStore(store).delete(id);
    }
    for (const store of ['ranges', 'trials', 'probes', 'notes'] as const)
      await transaction.objectStore(store).delete(entriesOf(id));
    await transaction.done;
  }

  /** Where the tuner keeps the session `id`, which `create` has made. */
  store(id: string): SessionStore {
    return {
      load: () => this.record(id),
      begin: (header) => this.#change(id, (session) => ({ ...session, header })),
      saveBaseline: (baseline, values) => this.#put('baselines', id, { baseline, values }),
      saveRanges: (size, ranges) => this.#put('ranges', [id, size], ranges),
      appendTrial: (trial) => this.#put('trials', [id, trial.number], trial),
      saveProbe: (key, probe) => this.#put('probes', [id, key], { key, probe }),
      saveNote: (key, note) => this.#put('notes', [id, key], { key, note }),
      finish: (outcome) => this.#change(id, (session) => ({ ...session, outcome })),
    };
  }

  close(): void {
    this.#database.close();
  }

  async #sizeBytes({ id, fileBytes, modelBytes }: StoredSession): Promise<number> {
    if (fileBytes !== undefined && modelBytes !== undefined) return fileBytes + modelBytes;
    const files = await this.files(id);
    const report = await this.#database.get('reports', id);
    const found = { fileBytes: files ? bytesOf(files) : 0, modelBytes: report?.offer?.model.size ?? 0 };
    await this.#change(id, (session) => ({ ...session, ...found }));
    return found.fileBytes + found.modelBytes;
  }

  async #put<S extends 'baselines' | 'ranges' | 'trials' | 'probes' | 'notes'>(
    store: S,
    key: Schema[S]['key'],
    value: Schema[S]['value'],
  ): Promise<void> {
    const transaction = this.#database.transaction(store, 'readwrite', { durability: 'strict' });
    await transaction.store.put(value, key);
    await transaction.done;
  }

  async #change(id: string, edit: (session: StoredSession) => StoredSession): Promise<void> {
    const transaction = this.#database.transaction('sessions', 'readwrite', { durability: 'strict' });
    const session = await transaction.store.get(id);
    if (session) await transaction.store.put(edit(session));
    await transaction.done;
  }
}

function bytesOf({ model, calibration, evaluation, holdOut = [] }: SessionFiles): number {
  // A file in two slots is stored once for each.
  return [model, calibration, evaluation, holdOut].flat().reduce((sum, { blob }) => sum + blob.size, 0);
}

/** Keys of one session in a store with several entries for each; an array sorts after every number and text. */
function entriesOf(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id], [id, []]);
}
