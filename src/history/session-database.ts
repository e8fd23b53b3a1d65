import type { SourceFile } from '../base/source-file.ts';
import type { ArrayChoice } from '../base/array-choice.ts';
import type { Preprocessing } from './preprocessing.ts';
import { exportedReport, exportSession, type SessionExport } from './session-export.ts';
import type { ModelStatistics, SessionRecord, SessionStore } from './session-record.ts';
import type { Row, Shelves, StoredSession } from './shelves.ts';
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

/** How long a deleted session can be brought back. */
const RESTORABLE_MS = 10 * 60_000;

/** Sessions of the page: what they are made of, on shelves that keep it. */
export class SessionDatabase {
  readonly #shelves: Shelves;

  constructor(shelves: Shelves) {
    this.#shelves = shelves;
  }

  create(id: string, name: string, startedAt: string, files: SessionFiles): Promise<void> {
    return this.#shelves.write([
      { shelf: 'sessions', key: id, value: { id, name, startedAt, fileBytes: bytesOf(files), modelBytes: 0 } },
      { shelf: 'files', key: id, value: files },
    ]);
  }

  /** Newest first, those among them that have been deleted and can be brought back. */
  async list(): Promise<SessionSummary[]> {
    const sessions = await this.#shelves.sessions();
    const summaries = sessions.map(async (session): Promise<SessionSummary> => {
      const { id, name, startedAt, header, outcome, restorableUntil } = session;
      const best = typeof outcome?.best === 'number' ? await this.#shelves.get('trials', [id, outcome.best]) : null;
      return {
        id,
        name,
        startedAt,
        trials: await this.#shelves.count('trials', id),
        finished: outcome !== undefined,
        baselineScore: (await this.#shelves.get('baselines', id))?.baseline.score ?? null,
        score: best?.score ?? null,
        higherIsBetter: header?.goal.higherIsBetter ?? true,
        sizeBytes: await this.#sizeBytes(session),
        restorableUntil: restorableUntil ?? null,
      };
    });
    return (await Promise.all(summaries)).sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  }

  async files(id: string): Promise<SessionFiles | null> {
    return (await this.#shelves.get('files', id)) ?? null;
  }

  /** Null before the session's inputs have been read. */
  async record(id: string): Promise<SessionRecord | null> {
    const session = await this.#shelves.get('sessions', id);
    if (!session?.header) return null;
    const ranges = await this.#shelves.several('ranges', id);
    const probes = await this.#shelves.several('probes', id);
    const notes = await this.#shelves.several('notes', id);
    const trials = await this.#shelves.several('trials', id);
    return {
      header: session.header,
      baseline: (await this.#shelves.get('baselines', id)) ?? null,
      ranges: Object.fromEntries(ranges.map(([[, size], found]) => [size, found])),
      probes: Object.fromEntries(probes.map(([, { key, probe }]) => [key, probe])),
      notes: Object.fromEntries(notes.map(([, { key, note }]) => [key, note])),
      trials: trials.map(([, trial]) => trial),
      outcome: session.outcome ?? null,
    };
  }

  /** The report of a finished session, as it was shown at its end; null where the page was closed before it was kept. */
  async report(id: string): Promise<TuneReport | null> {
    const stored = await this.#shelves.get('reports', id);
    const record = await this.record(id);
    if (!stored || !record) return null;
    const { explanation, offer } = stored;
    const model = offer && new Uint8Array(await offer.model.arrayBuffer());
    return { record, explanation, offer: offer && model && { ...offer, model } };
  }

  async saveReport(id: string, { explanation, offer }: TuneReport): Promise<void> {
    const model = offer && new Blob([offer.model as Uint8Array<ArrayBuffer>]);
    const value = { explanation, offer: offer && model && { ...offer, model } };
    await this.#shelves.write([{ shelf: 'reports', key: id, value }]);
    await this.#shelves.edit(id, (session) => ({ ...session, modelBytes: model?.size ?? 0 }));
  }

  /** What an earlier session's calibration found; null where none is kept. `now`: ISO 8601. */
  async statistics(key: string, now: string): Promise<ModelStatistics | null> {
    const kept = await this.#shelves.get('statistics', key);
    if (!kept) return null;
    await this.saveStatistics(key, kept.statistics, now);
    return kept.statistics;
  }

  /** Never fails: statistics that cannot be kept are measured again. */
  async saveStatistics(key: string, statistics: ModelStatistics, now: string): Promise<void> {
    try {
      await this.#shelves.write([{ shelf: 'statistics', key, value: { statistics, usedAt: now } }]);
    } catch {
      // No room: the next session calibrates again.
    }
  }

  async rename(id: string, name: string): Promise<void> {
    await this.#shelves.edit(id, (session) => ({ ...session, name }));
  }

  /** Null before the session's inputs have been read. */
  async export(id: string): Promise<SessionExport | null> {
    const [session, record] = [await this.#shelves.get('sessions', id), await this.record(id)];
    return session && record ? exportSession(session.name, record, await this.report(id)) : null;
  }

  /** Stores an exported session as `id`, whole or not at all; its model and data did not come along. */
  async import(id: string, exported: SessionExport): Promise<void> {
    const { name, startedAt, record } = exported;
    const { header, outcome, baseline } = record;
    const session = { id, name, startedAt, header, ...(outcome && { outcome }), fileBytes: 0, modelBytes: 0 };
    await this.#shelves.write([
      { shelf: 'sessions', key: id, value: session },
      { shelf: 'files', key: id, value: { model: [], calibration: [], evaluation: [] } },
      ...(baseline ? [{ shelf: 'baselines', key: id, value: baseline } as const] : []),
      ...Object.entries(record.ranges).map(([size, value]): Row => ({
        shelf: 'ranges',
        key: [id, Number(size)],
        value,
      })),
      ...record.trials.map((value): Row => ({ shelf: 'trials', key: [id, value.number], value })),
      ...Object.entries(record.probes).map(([key, probe]): Row => ({
        shelf: 'probes',
        key: [id, key],
        value: { key, probe },
      })),
      ...Object.entries(record.notes).map(([key, note]): Row => ({
        shelf: 'notes',
        key: [id, key],
        value: { key, note },
      })),
    ]);
    const report = exportedReport(exported);
    if (report) await this.saveReport(id, report);
  }

  /** Gives an imported session the model and data that it needs to go on. */
  async setFiles(id: string, files: SessionFiles): Promise<void> {
    await this.#shelves.write([{ shelf: 'files', key: id, value: files }]);
    await this.#shelves.edit(id, (session) => ({ ...session, fileBytes: bytesOf(files) }));
  }

  /** Marks a session as deleted: all of it stays until `sweep` comes after its time. `now`: ISO 8601. */
  async delete(id: string, now: string): Promise<void> {
    const restorableUntil = new Date(Date.parse(now) + RESTORABLE_MS).toISOString();
    await this.#shelves.edit(id, (session) => ({ ...session, restorableUntil }));
  }

  /** Takes a deletion back. False: its time is over. */
  async restore(id: string): Promise<boolean> {
    await this.#shelves.edit(id, ({ restorableUntil: _, ...session }) => session);
    return (await this.#shelves.get('sessions', id)) !== undefined;
  }

  /** Removes the deleted sessions whose time is over. `now`: ISO 8601. */
  async sweep(now: string): Promise<void> {
    const sessions = await this.#shelves.sessions();
    for (const { id, restorableUntil } of sessions) {
      if (restorableUntil !== undefined && restorableUntil <= now) await this.remove(id);
    }
  }

  /** Removes a session for good. */
  remove(id: string): Promise<void> {
    return this.#shelves.remove(id);
  }

  /** Where the tuner keeps the session `id`, which `create` has made. */
  store(id: string): SessionStore {
    const write = (row: Row): Promise<void> => this.#shelves.write([row]);
    return {
      load: () => this.record(id),
      begin: (header) => this.#shelves.edit(id, (session) => ({ ...session, header })),
      saveBaseline: (baseline, values) => write({ shelf: 'baselines', key: id, value: { baseline, values } }),
      saveRanges: (size, value) => write({ shelf: 'ranges', key: [id, size], value }),
      appendTrial: (value) => write({ shelf: 'trials', key: [id, value.number], value }),
      saveProbe: (key, probe) => write({ shelf: 'probes', key: [id, key], value: { key, probe } }),
      saveNote: (key, note) => write({ shelf: 'notes', key: [id, key], value: { key, note } }),
      finish: (outcome) => this.#shelves.edit(id, (session) => ({ ...session, outcome })),
    };
  }

  close(): void {
    this.#shelves.close();
  }

  async #sizeBytes({ id, fileBytes, modelBytes }: StoredSession): Promise<number> {
    if (fileBytes !== undefined && modelBytes !== undefined) return fileBytes + modelBytes;
    const files = await this.files(id);
    const report = await this.#shelves.get('reports', id);
    const found = { fileBytes: files ? bytesOf(files) : 0, modelBytes: report?.offer?.model.size ?? 0 };
    await this.#shelves.edit(id, (session) => ({ ...session, ...found }));
    return found.fileBytes + found.modelBytes;
  }
}

function bytesOf({ model, calibration, evaluation, holdOut = [] }: SessionFiles): number {
  // A file in two slots is stored once for each.
  return [model, calibration, evaluation, holdOut].flat().reduce((sum, { blob }) => sum + blob.size, 0);
}
