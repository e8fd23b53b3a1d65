import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HistoryDocument } from '../../src/history/history-document.ts';
import { markdownTable } from './table.ts';

/** Tunes each case by the command line, as a user would, and prints one row per case. */
export function benchCases(folder: string, cases: readonly string[]): void {
  const output = mkdtempSync(join(tmpdir(), 'octet-bench-'));
  const rows = cases.map((name) => {
    const files = ['calib.npz', 'eval.npz', 'config.yaml'].map((file) => join(folder, name, file));
    const args = [
      '--calibration',
      files[0],
      '--evaluation',
      files[1],
      '--config',
      files[2],
      '--output',
      join(output, name),
    ];
    const script = join(import.meta.dirname, '../../src/cli/octet.mjs');
    const { status } = spawnSync('node', [script, 'tune', join(folder, name, 'model.onnx'), ...(args as string[])], {
      stdio: ['ignore', 'ignore', 2],
    });
    const history = JSON.parse(readFileSync(join(output, name, 'history.json'), 'utf8')) as HistoryDocument;
    return { name, status, history };
  });
  console.log(
    markdownTable(
      HEADER,
      rows.map(({ name, status, history }) => row(name, status, history)),
    ),
  );
  console.log(`\nResults lie in ${output}`);
}

const HEADER = [
  'case',
  'exit',
  'float → offered',
  'trial',
  'trials',
  'FE',
  'size',
  'latency',
  'wall s',
  'baseline',
  'calibration',
  'rewrite',
  'session',
  'evaluation',
  'latency s',
  'rest %',
];

/** FE: samples evaluated after the baseline, in full evaluations. Rest: what is neither running nor timing a model, of the wall time. */
function row(name: string, status: number | null, { baseline, trials, best, seconds }: HistoryDocument): string[] {
  const offered = trials.find(({ number }) => number === best);
  if (!baseline || !offered) return [name, String(status)];
  const samples = trials.reduce((sum, trial) => sum + trial.samplesEvaluated, 0);
  const running = seconds.baseline + seconds.calibration + seconds.evaluation + seconds.latency;
  const s = (value: number): string => value.toFixed(1);
  return [
    name,
    String(status),
    `${(100 * baseline.score).toFixed(2)} → ${(100 * (offered.score ?? 0)).toFixed(2)}`,
    String(best),
    String(trials.length),
    (samples / baseline.samples).toFixed(1),
    `${((offered.sizeBytes ?? 0) / baseline.sizeBytes).toFixed(2)}×`,
    offered.latencyRatio === null ? '–' : `${offered.latencyRatio.toFixed(2)}×`,
    s(seconds.total),
    s(seconds.baseline),
    s(seconds.calibration),
    s(seconds.rewrite),
    s(seconds.session),
    s(seconds.evaluation),
    s(seconds.latency),
    ((100 * (seconds.total - running)) / seconds.total).toFixed(0),
  ];
}
