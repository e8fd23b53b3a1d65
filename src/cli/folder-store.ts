import { mkdir, open, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../base/canonical-json.ts';
import { Fault } from '../base/fault.ts';
import type {
  SessionHeader,
  SessionOutcome,
  SessionRecord,
  SessionStore,
  StoredProbe,
  StoredRanges,
} from '../history/session-record.ts';
import type { Baseline, Trial } from '../tuning/types.ts';
import { unwritable } from './output-files.ts';

type Line =
  | { readonly header: SessionHeader }
  | { readonly baseline: NonNullable<SessionRecord['baseline']> }
  | { readonly samplingSize: number; readonly ranges: StoredRanges }
  | { readonly trial: Trial }
  | { readonly key: string; readonly probe: StoredProbe }
  | { readonly key: string; readonly note: Json }
  | { readonly outcome: SessionOutcome };

const LINE_BREAK = 0x0a;

/**
 * A session in `DIR/journal.jsonl`: one JSON line per step, flushed to disk before the step counts. A last line without its
 * line break was cut off by a kill: it does not count, and goes when the next one is added, not before.
 */
export class FolderStore implements SessionStore {
  readonly #path: string;
  readonly #folder: string;
  readonly #resume: boolean;
  #begun = false;
  /** Bytes to keep before the next line is added, where a line was cut off. */
  #keepBytes: number | null = null;

  /** `resume` false: a session that lies there is put aside by `begin`, never continued. */
  constructor(folder: string, resume: boolean) {
    this.#folder = folder;
    this.#path = join(folder, 'journal.jsonl');
    this.#resume = resume;
  }

  async load(): Promise<SessionRecord | null> {
    if (!this.#resume && !this.#begun) return null;
    const bytes = await this.#read();
    if (!bytes) return null;
    const end = bytes.lastIndexOf(LINE_BREAK) + 1;
    if (end < bytes.length) this.#keepBytes = end;
    return assemble(parseLines(bytes.subarray(0, end).toString('utf8'), this.#path));
  }

  async begin(header: SessionHeader): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true });
      await rename(this.#path, `${this.#path}.previous`).catch(() => undefined);
      await writeFile(this.#path, '');
    } catch (cause) {
      throw unwritable(this.#folder, cause);
    }
    this.#begun = true;
    this.#keepBytes = null;
    await this.#append({ header });
  }

  saveBaseline(baseline: Baseline, values: readonly number[]): Promise<void> {
    return this.#append({ baseline: { baseline, values } });
  }

  saveRanges(samplingSize: number, ranges: StoredRanges): Promise<void> {
    return this.#append({ samplingSize, ranges });
  }

  appendTrial(trial: Trial): Promise<void> {
    return this.#append({ trial });
  }

  saveProbe(key: string, probe: StoredProbe): Promise<void> {
    return this.#append({ key, probe });
  }

  saveNote(key: string, note: Json): Promise<void> {
    return this.#append({ key, note });
  }

  finish(outcome: SessionOutcome): Promise<void> {
    return this.#append({ outcome });
  }

  async #read(): Promise<Buffer | null> {
    try {
      return await readFile(this.#path);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      throw unreadable(this.#path, String(cause));
    }
  }

  async #append(line: Line): Promise<void> {
    try {
      if (this.#keepBytes !== null) await truncate(this.#path, this.#keepBytes);
      this.#keepBytes = null;
      const file = await open(this.#path, 'a');
      try {
        await file.appendFile(`${JSON.stringify(line)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (cause) {
      throw unwritable(this.#path, cause);
    }
  }
}

function assemble(lines: readonly Line[]): SessionRecord | null {
  let header: SessionHeader | null = null;
  let baseline: SessionRecord['baseline'] = null;
  let outcome: SessionOutcome | null = null;
  const ranges: Record<number, StoredRanges> = {};
  const trials: Trial[] = [];
  const probes: Record<string, StoredProbe> = {};
  const notes: Record<string, Json> = {};
  for (const line of lines) {
    if ('header' in line) header = line.header;
    else if ('baseline' in line) baseline = line.baseline;
    else if ('ranges' in line) ranges[line.samplingSize] = line.ranges;
    else if ('trial' in line) trials.push(line.trial);
    else if ('probe' in line) probes[line.key] = line.probe;
    else if ('note' in line) notes[line.key] = line.note;
    else outcome = line.outcome;
  }
  return header && { header, baseline, ranges, trials, probes, notes, outcome };
}

function parseLines(text: string, file: string): Line[] {
  const lines = text.split('\n').filter(Boolean).map(parseLine);
  const bad = lines.findIndex((line) => line === null);
  if (bad !== -1) throw unreadable(file, 'a line that is no step of a session', `line ${bad + 1}`);
  const [first] = lines;
  if (first && !('header' in first && first.header.format === 'octet-session/1')) {
    throw unreadable(file, 'a file that does not begin as a journal of Octet', 'line 1');
  }
  return lines as Line[];
}

type KeyOf<T> = T extends T ? keyof T : never;
/** The keys that tell the kinds of lines apart. */
const STEPS: Readonly<Record<Exclude<KeyOf<Line>, 'samplingSize' | 'key'>, true>> = {
  header: true,
  baseline: true,
  ranges: true,
  probe: true,
  note: true,
  trial: true,
  outcome: true,
};

function parseLine(text: string): Line | null {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null && Object.keys(STEPS).some((step) => step in line)
      ? (line as Line)
      : null;
  } catch {
    return null;
  }
}

function unreadable(file: string, found: string, place?: string): Fault {
  return new Fault('journal-unreadable', {
    message: 'The journal cannot be read',
    file,
    found,
    ...(place === undefined ? {} : { place }),
    next: 'Start again without --resume; the journal is then put aside.',
  });
}
