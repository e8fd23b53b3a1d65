import { fromBase64, toBase64 } from '../base/base64.ts';
import { Fault } from '../base/fault.ts';
import type { SessionRecord } from './session-record.ts';
import type { TuneReport } from './tune-report.ts';

/** A whole session but its model and data, to be viewed or, with them, resumed elsewhere. */
export interface SessionExport {
  readonly format: 'octet-session-export/1';
  readonly name: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly record: SessionRecord;
  /** Of a finished session; `model` is the int8 file in base64. */
  readonly report: {
    readonly explanation: string;
    readonly offer: (Omit<NonNullable<TuneReport['offer']>, 'model'> & { readonly model: string }) | null;
  } | null;
}

export function exportSession(name: string, record: SessionRecord, report: TuneReport | null): SessionExport {
  const told = report && {
    explanation: report.explanation,
    offer: report.offer && { ...report.offer, model: toBase64(report.offer.model) },
  };
  return { format: 'octet-session-export/1', name, startedAt: record.header.startedAt, record, report: told };
}

/** The report of an exported session; null of an unfinished one. */
export function exportedReport({ record, report }: SessionExport): TuneReport | null {
  if (!report) return null;
  const { explanation, offer } = report;
  return { record, explanation, offer: offer && { ...offer, model: fromBase64(offer.model) } };
}

/** Null for what is another kind of file. Throws `journal-mismatch` for an export that is not whole. */
export function readSessionExport(value: unknown, file: string): SessionExport | null {
  const { format, name, record, report } = (value ?? {}) as Partial<SessionExport>;
  if (format !== 'octet-session-export/1') return null;
  const isWhole =
    typeof name === 'string' &&
    typeof record?.header.model.sha256 === 'string' &&
    typeof record.header.goal.target === 'number' &&
    Array.isArray(record.trials) &&
    [record.ranges, record.probes, record.notes].every((part) => typeof part === 'object') &&
    (report === null || typeof report?.explanation === 'string');
  if (isWhole) return value as SessionExport;
  throw new Fault('journal-mismatch', {
    message: 'The exported session is not whole',
    file,
    accepted: 'a file written by Export session',
    next: 'Export the session again.',
  });
}
