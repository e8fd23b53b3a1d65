import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SessionHeader, SessionOutcome, SessionRecord, StoredRanges } from '../history/session-record.ts';
import type { Baseline, Trial } from '../tuning/types.ts';
import { FolderStore } from './folder-store.ts';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'octet-store-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const journal = (): string => join(folder, 'journal.jsonl');
const code = (value: string) => expect.objectContaining({ code: value });
const header = { format: 'octet-session/1', metric: 'topk – größte' } as unknown as SessionHeader;
const trial = (number: number) => ({ number, stage: 'stage “π”', score: number / 7 }) as Trial;
const ranges = { minmax: { x: { min: -1, max: 0.1 } } } as unknown as StoredRanges;

async function write(store: FolderStore): Promise<void> {
  await store.begin(header);
  await store.saveBaseline({ score: 0.5 } as Baseline, [1, 0]);
  await store.saveRanges(100, ranges);
  await store.saveProbe('mse 100', { errors: { conv: 0.5 }, samplesEvaluated: 10, seconds: 1 });
  await store.saveNote('costs', { conv: [1, 0.5] });
  for (const number of [0, 1, 2]) await store.appendTrial(trial(number));
  await store.finish({ best: 1 } as SessionOutcome);
}

const whole: SessionRecord = {
  header,
  baseline: { baseline: { score: 0.5 } as Baseline, values: [1, 0] },
  ranges: { 100: ranges },
  trials: [trial(0), trial(1), trial(2)],
  probes: { 'mse 100': { errors: { conv: 0.5 }, samplesEvaluated: 10, seconds: 1 } },
  notes: { costs: { conv: [1, 0.5] } },
  outcome: { best: 1 } as SessionOutcome,
};

it('gives back what was stored, to a resumed session only', async () => {
  await write(new FolderStore(folder, false));
  expect(await new FolderStore(folder, true).load()).toEqual(whole);
  expect(await new FolderStore(folder, false).load()).toBeNull();
});

it('has no session where there is no journal, or none in it yet', async () => {
  expect(await new FolderStore(join(folder, 'none'), true).load()).toBeNull();
  writeFileSync(journal(), '');
  expect(await new FolderStore(folder, true).load()).toBeNull();
  writeFileSync(journal(), '{"header":{"form');
  expect(await new FolderStore(folder, true).load()).toBeNull();
});

it('keeps whole lines and no others, wherever it was cut off, and goes on behind them', async () => {
  await write(new FolderStore(folder, false));
  const bytes = readFileSync(journal());
  const headerBytes = bytes.indexOf(0x0a) + 1;
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: headerBytes, max: bytes.length }), async (length) => {
      const cut = bytes.subarray(0, length);
      writeFileSync(journal(), cut);
      const store = new FolderStore(folder, true);
      const before = (await store.load())?.trials ?? [];
      expect(readFileSync(journal()).equals(cut)).toBe(true);
      await store.appendTrial(trial(before.length));
      const trials = [...before, trial(before.length)];
      expect((await new FolderStore(folder, true).load())?.trials).toEqual(trials);
      const kept = cut.subarray(0, cut.lastIndexOf(0x0a) + 1);
      expect(readFileSync(journal()).subarray(0, kept.length).equals(kept)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

it('refuses what is no journal, naming the line', async () => {
  const refuses = async (text: string, place: string) => {
    writeFileSync(journal(), text);
    const details = expect.objectContaining({ place });
    await expect(new FolderStore(folder, true).load()).rejects.toEqual(
      expect.objectContaining({ code: 'journal-unreadable', details }),
    );
  };
  const first = `${JSON.stringify({ header })}\n`;
  await refuses('hello\n', 'line 1');
  await refuses(`${first}null\n`, 'line 2');
  await refuses(`${first}{"trial":\n${first}`, 'line 2');
  await refuses('{"header":{"format":"octet-session/9"}}\n', 'line 1');
  await refuses(`${JSON.stringify({ trial: trial(0) })}\n`, 'line 1');
});

it('says so where the folder cannot be written', async () => {
  writeFileSync(join(folder, 'taken'), '');
  await expect(new FolderStore(join(folder, 'taken'), false).begin(header)).rejects.toEqual(code('output-unwritable'));
});
