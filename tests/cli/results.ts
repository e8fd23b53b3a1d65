import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { HistoryDocument } from '../../src/history/history-document.ts';
import { file, LENET } from './octet.ts';

export const RESULTS = [
  'history.json',
  'journal.jsonl',
  'model.int8.onnx',
  'recipe.json',
  'replay.py',
  'report.html',
  'tune-config.yaml',
];

export function historyOf(folder: string): HistoryDocument {
  return JSON.parse(readFileSync(join(folder, 'history.json'), 'utf8')) as HistoryDocument;
}

/** What of the trials must not depend on the machine or the moment. */
export function decisions({ trials, probes, best, met, stopReason, evidence }: HistoryDocument): unknown {
  const lasting = trials.map(({ number, stage, config, status, score, met: isMet, samplesEvaluated, modelSha256 }) => ({
    number,
    stage,
    config,
    status,
    score,
    isMet,
    samplesEvaluated,
    modelSha256,
  }));
  const changed = evidence && { ...evidence, latency: null };
  return { trials: lasting, probed: probes.samplesEvaluated, best, met, stopReason, changed };
}

export function modelOf(folder: string): Buffer {
  return readFileSync(join(folder, 'model.int8.onnx'));
}

/** The same trials in the same order, the same choice, the same bytes, and all the files. */
export function expectSameRun(folder: string, reference: string): void {
  expect(decisions(historyOf(folder))).toEqual(decisions(historyOf(reference)));
  expect(modelOf(folder).equals(modelOf(reference))).toBe(true);
  expect(readdirSync(folder).filter((name) => !name.endsWith('.previous'))).toEqual(RESULTS);
}

/** The fixture's configuration with pieces of text replaced. */
export function configWith(...changes: readonly (readonly [string, string])[]): string {
  const text = changes.reduce(
    (changed, [from, to]) => {
      expect(changed).toContain(from);
      return changed.replace(from, to);
    },
    readFileSync(LENET.config, 'utf8'),
  );
  return file('config.yaml', text);
}

/** No model improves that much: the search goes on to its end and misses. */
export const UNREACHABLE = ['relative: 0.01', 'absolute: -0.2'] as const;
