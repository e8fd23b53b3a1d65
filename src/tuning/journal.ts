import { Fault } from '../base/fault.ts';
import type { TuneSettings } from './config/settings.ts';
import type { Trial } from './types.ts';

/** Where trials are kept as they end. Storage is another layer's. */
export interface TrialJournal {
  /** In order of their numbers. */
  trials(): Promise<readonly Trial[]>;
  /** Resolves once the trial would survive the end of the process. */
  append(trial: Trial): Promise<void>;
}

/** What makes two tunings the same one, so that trials of the first hold for the second. */
export interface JournalIdentity {
  readonly modelSha256: string;
  /** Null where there are no such data. */
  readonly calibrationSha256: string | null;
  readonly evaluationSha256: string | null;
  readonly settings: TuneSettings;
  /** Of a module of the user's; null for a strategy of Octet. */
  readonly strategySha256: string | null;
  /** Provider, version and threads: scores and latencies hold for one runtime. */
  readonly runtime: string;
}

/** Throws `journal-mismatch`, naming what differs, where the journal belongs to another tuning. */
export function checkResumable(header: JournalIdentity, expected: JournalIdentity): void {
  const differences = [
    header.modelSha256 === expected.modelSha256 ? [] : ['the model'],
    header.calibrationSha256 === expected.calibrationSha256 ? [] : ['the calibration data'],
    header.evaluationSha256 === expected.evaluationSha256 ? [] : ['the evaluation data'],
    header.strategySha256 === expected.strategySha256 ? [] : ['the strategy module'],
    header.runtime === expected.runtime ? [] : [`the runtime (${header.runtime}, now ${expected.runtime})`],
    differingPaths(header.settings, expected.settings, ''),
  ].flat();
  if (differences.length === 0) return;
  throw new Fault('journal-mismatch', {
    message: `The journal belongs to another tuning: ${differences.join(', ')} differ.`,
    found: differences.join(', '),
    accepted: 'the same model, data, configuration and runtime as when the session began',
    next: 'Give the files of that session again, or start a new one.',
  });
}

/** Dotted paths of the settings at which two values differ. */
function differingPaths(a: unknown, b: unknown, path: string): string[] {
  if (isRecord(a) && isRecord(b)) {
    const names = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...names]
      .sort()
      .flatMap((name) => differingPaths(a[name], b[name], path === '' ? name : `${path}.${name}`));
  }
  return JSON.stringify(a) === JSON.stringify(b) ? [] : [path];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
