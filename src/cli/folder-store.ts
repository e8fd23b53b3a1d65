import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

type Line =
  | { readonly header: SessionHeader }
  | { readonly baseline: NonNullable<SessionRecord['baseline']> }
  | { readonly samplingSize: number; readonly ranges: StoredRanges }
  | { readonly trial: Trial }
  | { readonly key: string; readonly probe: StoredProbe }
  | { readonly outcome: SessionOutcome };

/** A session in `DIR/journal.jsonl`: one JSON line per step, flushed to disk before the step counts. */
export class FolderStore implements SessionStore {
  readonly #path: string;
  readonly #folder: string;
  readonly #resume: boolean;

  /** `resume` false: a session that lies there is put aside by `begin`, never continued. */
  constructor(folder: string, resume: boolean) {
    this.#folder = folder;
    this.#path = join(folder, 'journal.jsonl');
    this.#resume = resume;
  }

  #begun = false;

  async load(): Promise<SessionRecord | null> {
    if (!this.#resume && !this.#begun) return null;
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch {
      return null;
    }
    return this.#assemble(text);
  }

  async begin(header: SessionHeader): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true });
      await rename(this.#path, `${this.#path}.previous`).catch(() => undefined);
      await writeFile(this.#path, '');
    } catch (cause) {
      throw new Fault(
        'output-unwritable',
        {
          message: 'The output folder cannot be written',
          file: this.#folder,
          found: String(cause),
          next: 'Choose another folder.',
        },
        { cause },
      );
    }
    this.#begun = true;
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

  finish(outcome: SessionOutcome): Promise<void> {
    return this.#append({ outcome });
  }

  async #append(line: Line): Promise<void> {
    const file = await open(this.#path, 'a');
    try {
      await file.appendFile(`${JSON.stringify(line)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  #assemble(text: string): SessionRecord | null {
    let header: SessionHeader | null = null;
    let baseline: SessionRecord['baseline'] = null;
    let outcome: SessionOutcome | null = null;
    const ranges: Record<number, StoredRanges> = {};
    const trials: Trial[] = [];
    const probes: Record<string, StoredProbe> = {};
    for (const line of parseLines(text, this.#path)) {
      if ('header' in line) header = line.header;
      else if ('baseline' in line) baseline = line.baseline;
      else if ('ranges' in line) ranges[line.samplingSize] = line.ranges;
      else if ('trial' in line) trials.push(line.trial);
      else if ('probe' in line) probes[line.key] = line.probe;
      else outcome = line.outcome;
    }
    return header && { header, baseline, ranges, trials, probes, outcome };
  }
}

/** A last line that was cut off by a kill is dropped: its step did not count yet. */
function parseLines(text: string, file: string): Line[] {
  const lines = text.split('\n').filter(Boolean);
  return lines.flatMap((line, i) => {
    try {
      return [JSON.parse(line) as Line];
    } catch {
      if (i === lines.length - 1 && !text.endsWith('\n')) return [];
      throw new Fault('journal-unreadable', {
        message: 'The journal cannot be read',
        file,
        place: `line ${i + 1}`,
        next: 'Start again without --resume.',
      });
    }
  });
}
