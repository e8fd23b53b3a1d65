import { Fault } from '../base/fault.ts';
import { defaultSettings } from './config/parse.ts';
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
    differingPaths(header.settings, expected.settings, KEYS_OF_LATER_VERSIONS, ''),
  ].flat();
  if (differences.length === 0) return;
  throw new Fault('journal-mismatch', {
    message: `The journal belongs to another tuning: ${differences.join(', ')} differ.`,
    found: differences.join(', '),
    accepted: 'the same model, data, configuration and runtime as when the session began',
    next: 'Give the files of that session again, or start a new one.',
  });
}

/** What an earlier version did where its settings have no such key. */
const KEYS_OF_LATER_VERSIONS = defaultSettings({ metrics: [], transforms: [], strategies: [] });

/** Dotted paths of the settings at which two values differ; a key that the stored ones lack counts as its default. */
function differingPaths(stored: unknown, expected: unknown, defaults: unknown, path: string): string[] {
  if (isRecord(stored) && isRecord(expected)) {
    const names = new Set([...Object.keys(stored), ...Object.keys(expected)]);
    return [...names].sort().flatMap((name) => {
      const usual = isRecord(defaults) ? defaults[name] : undefined;
      const value = name in stored ? stored[name] : usual;
      return differingPaths(value, expected[name], usual, path === '' ? name : `${path}.${name}`);
    });
  }
  return JSON.stringify(stored) === JSON.stringify(expected) ? [] : [path];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
