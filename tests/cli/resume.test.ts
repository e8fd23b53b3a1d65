import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeModel } from '../../src/onnx/decode.ts';
import { encodeModel } from '../../src/onnx/encode.ts';
import { expectRefused, file, LENET, octet, scratch, start, tuneArguments } from './octet.ts';
import { configWith, expectSameRun, historyOf, UNREACHABLE } from './results.ts';

/** More trials than one sampling size gives; two calibrations and a probe to be killed in. */
const config = configWith(UNREACHABLE, ['sampling_size: 100', 'sampling_size: 50, 100'], ['name: basic', 'name: mse']);
/** What an undisturbed run does. */
const reference = scratch();

const journalOf = (folder: string): string => join(folder, 'journal.jsonl');
const linesOf = (folder: string): number =>
  existsSync(journalOf(folder)) ? readFileSync(journalOf(folder), 'utf8').split('\n').length - 1 : 0;

beforeAll(async () => {
  expect((await octet(...tuneArguments(reference, { config }))).code).toBe(3);
  expect(historyOf(reference).trials.length).toBeGreaterThan(6);
  expect(readFileSync(journalOf(reference), 'utf8')).toContain('"probe"');
}, 180_000);

/** Runs until the journal holds `lines` lines or more, then ends the process as a crash would. */
async function killAfter(lines: number, output: string): Promise<void> {
  const running = start([...tuneArguments(output, { config }), '--resume']);
  const watch = setInterval(() => {
    if (linesOf(output) >= lines) running.kill('SIGKILL');
  }, 1);
  await running.ended;
  clearInterval(watch);
}

async function resumeToEnd(output: string): Promise<void> {
  expect((await octet(...tuneArguments(output, { config }), '--resume')).code).toBe(3);
  expectSameRun(output, reference);
}

describe.concurrent('kill -9 and --resume', { timeout: 180_000 }, () => {
  it('before anything is written', async () => {
    const output = scratch();
    await killAfter(0, output);
    expect(existsSync(join(output, 'history.json'))).toBe(false);
    await resumeToEnd(output);
  });

  it('again and again: before the baseline, in calibration, between trials', async () => {
    const output = scratch();
    for (const lines of [1, 3, 9]) {
      await killAfter(lines, output);
      expect(existsSync(join(output, 'history.json'))).toBe(false);
    }
    await resumeToEnd(output);
  });

  it.each([0.02, 0.8])('with the last line cut off at %d of the journal', async (share) => {
    const output = scratch();
    const journal = readFileSync(journalOf(reference));
    const cut = journal.subarray(0, Math.floor(journal.length * share));
    expect(cut.at(-1)).not.toBe(0x0a);
    writeFileSync(journalOf(output), cut);
    await resumeToEnd(output);
    const lines = readFileSync(journalOf(output), 'utf8').trim().split('\n');
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
  });

  it('finished already: the same results once more', async () => {
    const output = scratch();
    cpSync(journalOf(reference), journalOf(output));
    await resumeToEnd(output);
  });
});

describe.concurrent('a journal of another tuning', () => {
  const otherModel = (): string => {
    const model = decodeModel(Uint8Array.from(readFileSync(LENET.model)));
    model.producerName = 'someone else';
    return file('model.onnx', encodeModel(model));
  };

  it.each([
    ['model', 'the model', () => ({ model: otherModel() })],
    ['calibration data', 'the calibration data', () => ({ calibration: LENET.evaluation })],
    [
      'evaluation data',
      'the evaluation data',
      () => ({ evaluation: file('other.npz', readFileSync(LENET.evaluation)) }),
    ],
    [
      'configuration',
      'randomSeed',
      () => ({ config: configWith(UNREACHABLE, ['random_seed: 9527', 'random_seed: 1']) }),
    ],
  ])('%s: refused, and left untouched', async (_, words, change) => {
    const output = scratch();
    const before = readFileSync(journalOf(reference)).subarray(0, -10);
    writeFileSync(journalOf(output), before);
    const ended = await octet(...tuneArguments(output, { config, ...change() }), '--resume');
    expectRefused(ended, 'journal-mismatch', [words]);
    expect(readFileSync(journalOf(output)).equals(before)).toBe(true);
    expect(readdirSync(output)).toEqual(['journal.jsonl']);
  });

  it('that cannot be read: refused; without --resume it is put aside', async () => {
    const output = scratch();
    writeFileSync(journalOf(output), 'not a journal\n');
    const args = tuneArguments(output, { config });
    expectRefused(await octet(...args, '--resume'), 'journal-unreadable', ['line 1']);
    expect(readdirSync(output)).toEqual(['journal.jsonl']);
    expect((await octet(...args)).code).toBe(3);
    expect(readFileSync(`${journalOf(output)}.previous`, 'utf8')).toBe('not a journal\n');
    expectSameRun(output, reference);
  });
});
