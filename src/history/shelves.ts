import type { Json } from '../base/canonical-json.ts';
import type { Trial } from '../tuning/types.ts';
import type { SessionFiles } from './session-database.ts';
import type {
  ModelStatistics,
  SessionHeader,
  SessionOutcome,
  SessionRecord,
  StoredProbe,
  StoredRanges,
} from './session-record.ts';
import type { TuneReport } from './tune-report.ts';

/** What the list shows and little more: lists must not read models and data. */
export interface StoredSession {
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

type StoredOffer = Omit<NonNullable<TuneReport['offer']>, 'model'> & { readonly model: Blob };

/** What lies on each shelf. */
export interface Shelved {
  readonly sessions: StoredSession;
  readonly files: SessionFiles;
  readonly baselines: NonNullable<SessionRecord['baseline']>;
  readonly ranges: StoredRanges;
  readonly trials: Trial;
  readonly probes: { readonly key: string; readonly probe: StoredProbe };
  readonly notes: { readonly key: string; readonly note: Json };
  readonly reports: { readonly explanation: string; readonly offer: StoredOffer | null };
  /** Of no session; the longest unused are forgotten. */
  readonly statistics: { readonly statistics: ModelStatistics; readonly usedAt: string };
}

export type Shelf = keyof Shelved;

/** The session, and within it the number or name of what there are several of; of statistics their hash. */
export type Key = string | [string, string | number];

export type Row = {
  readonly [S in Shelf]: { readonly shelf: S; readonly key: Key; readonly value: Shelved[S] };
}[Shelf];

/** Shelves with one row for each session, and with several. */
export const SINGLE = ['sessions', 'files', 'baselines', 'reports'] as const;
export const SEVERAL = ['ranges', 'trials', 'probes', 'notes'] as const;

/** Where rows of sessions are kept. Writes have been done when their promise resolves. */
export interface Shelves {
  get<S extends Shelf>(shelf: S, key: Key): Promise<Shelved[S] | undefined>;
  /** Every session. */
  sessions(): Promise<StoredSession[]>;
  /** Of one session, in the order of their keys. */
  several<S extends (typeof SEVERAL)[number]>(shelf: S, session: string): Promise<(readonly [Key, Shelved[S]])[]>;
  count(shelf: (typeof SEVERAL)[number], session: string): Promise<number>;
  /** All rows or none; they are of one session, or statistics. */
  write(rows: readonly Row[]): Promise<void>;
  /** Changes the row of a session, where there is one. */
  edit(session: string, change: (row: StoredSession) => StoredSession): Promise<void>;
  /** All that belongs to a session. */
  remove(session: string): Promise<void>;
  close(): void;
}
