import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../../src/base/statistics.ts';
import type { HistoryDocument } from '../../src/history/history-document.ts';
import { PEERS } from './peers.ts';
import { markdownTable } from './table.ts';

const SYSTEMATIC = ['auto', 'basic', 'mse', 'mse_v2', 'conservative', 'exhaustive'];
const RANDOM = ['bayesian', 'tpe', 'sigopt', 'random'];
const SEEDS = 5;
const MAX_TRIALS = 12;

interface Run {
  readonly strategy: string;
  readonly name: string;
  readonly seed: number;
  readonly met: boolean;
  readonly trials: number;
  /** Samples run after the baseline, probes included, in evaluations of all samples. */
  readonly fullEvaluations: number;
  /** The same up to the first model that meets the criterion. */
  readonly fullEvaluationsToCriterion: number;
  readonly secondsToCriterion: number;
  readonly seconds: number;
  readonly baselineScore: number;
  readonly score: number;
  readonly holdOut: number | null;
  readonly holdOutBaseline: number | null;
  readonly sizeRatio: number;
  readonly latencyRatio: number;
}

/**
 * Tunes every case by every strategy through the command line, the random ones with several seeds, and prints a table per case. `resultsFile`
 * keeps each run as a JSON line: a bench that was stopped goes on behind the last one. `only`: names of strategies.
 */
export function benchStrategies(
  folder: string,
  cases: readonly string[],
  resultsFile: string,
  only: readonly string[],
): void {
  const output = mkdtempSync(join(tmpdir(), 'octet-bench-'));
  const known = existsSync(resultsFile) ? read(resultsFile) : [];
  for (const strategy of [...SYSTEMATIC, ...RANDOM].filter((each) => only.length === 0 || only.includes(each))) {
    for (let seed = 1; seed <= (RANDOM.includes(strategy) ? SEEDS : 1); seed++) {
      for (const name of cases) {
        if (known.some((run) => run.strategy === strategy && run.name === name && run.seed === seed)) continue;
        const run = tuned(folder, name, strategy, seed, output);
        known.push(run);
        appendFileSync(resultsFile, `${JSON.stringify(run)}\n`);
      }
    }
  }
  printStrategies(resultsFile, cases);
}

/** Prints the tables of a results file. */
export function printStrategies(resultsFile: string, cases: readonly string[]): void {
  const runs = read(resultsFile);
  for (const name of cases) {
    const own = runs.filter((run) => run.name === name);
    if (own.length === 0) continue;
    console.log(`\n### ${name}\n`);
    const strategies = [...new Set(own.map(({ strategy }) => strategy))];
    const rows = strategies.map((strategy) =>
      row(
        strategy,
        own.filter((run) => run.strategy === strategy),
      ),
    );
    console.log(markdownTable(HEADER, [...rows, ...(PEERS[name] ?? [])]));
  }
}

const HEADER = [
  'strategy',
  'runs',
  'met',
  'trials',
  'FE',
  'FE to criterion',
  's to criterion',
  's to offer',
  'float → score %',
  'hold-out: float → score %',
  'size',
  'latency',
  'size × latency',
];

function row(strategy: string, runs: readonly Run[]): string[] {
  const middle = (of: (run: Run) => number, digits: number): string => median(runs.map(of)).toFixed(digits);
  const heldOut = runs.filter(({ holdOut }) => holdOut !== null);
  const percent = (of: (run: Run) => number | null, some = runs): string =>
    (100 * median(some.map((run) => of(run) ?? NaN))).toFixed(2);
  return [
    strategy,
    String(runs.length),
    `${runs.filter(({ met }) => met).length} of ${runs.length}`,
    middle(({ trials }) => trials, 0),
    middle(({ fullEvaluations }) => fullEvaluations, 1),
    middle(({ fullEvaluationsToCriterion }) => fullEvaluationsToCriterion, 1),
    middle(({ secondsToCriterion }) => secondsToCriterion, 0),
    middle(({ seconds }) => seconds, 0),
    `${percent(({ baselineScore }) => baselineScore)} → ${percent(({ score }) => score)}`,
    heldOut.length === 0
      ? '–'
      : `${percent(({ holdOutBaseline }) => holdOutBaseline, heldOut)} → ${percent(({ holdOut }) => holdOut, heldOut)}`,
    `${middle(({ sizeRatio }) => sizeRatio, 2)}×`,
    `${middle(({ latencyRatio }) => latencyRatio, 2)}×`,
    middle(({ sizeRatio, latencyRatio }) => sizeRatio * latencyRatio, 2),
  ];
}

function tuned(folder: string, name: string, strategy: string, seed: number, output: string): Run {
  const config = join(output, 'config.yaml');
  const text = readFileSync(join(folder, name, 'config.yaml'), 'utf8')
    .replace(/name: basic/, `name: ${strategy}`)
    .replace(/max_trials: \d+/, `max_trials: ${MAX_TRIALS}`);
  writeFileSync(config, text);
  const results = join(output, `${name}-${strategy}-${seed}`);
  const [calibration, evaluation] = ['calib.npz', 'eval.npz'].map((file) => join(folder, name, file)) as [
    string,
    string,
  ];
  const script = join(import.meta.dirname, '../../src/cli/octet.mjs');
  const options = ['--calibration', calibration, '--evaluation', evaluation, '--config', config, '--output', results];
  const args = [script, 'tune', join(folder, name, 'model.onnx'), ...options, '--seed', String(seed)];
  spawnSync('node', args, { stdio: ['ignore', 'ignore', 2] });
  const history = JSON.parse(readFileSync(join(results, 'history.json'), 'utf8')) as HistoryDocument;
  return { strategy, name, seed, ...figures(history) };
}

function figures(history: HistoryDocument): Omit<Run, 'strategy' | 'name' | 'seed'> {
  const { baseline, trials, best, met, seconds, fullEvaluations, holdOut } = history;
  const offered = trials.find(({ number }) => number === best);
  if (!baseline || !offered) throw new Error('A run ended without a model');
  const until = trials.slice(0, trials.findIndex((trial) => trial.met) + 1 || trials.length);
  const isCompact = Object.values(offered.config.ops).every((op) => op === 'fp32');
  return {
    met,
    trials: trials.length,
    fullEvaluations: fullEvaluations ?? NaN,
    fullEvaluationsToCriterion: until.reduce((sum, trial) => sum + trial.samplesEvaluated, 0) / baseline.samples,
    secondsToCriterion: baseline.seconds + until.reduce((sum, trial) => sum + trial.seconds, 0),
    seconds: seconds.total,
    baselineScore: baseline.score,
    score: offered.score ?? NaN,
    holdOut: holdOut?.score ?? null,
    holdOutBaseline: holdOut?.baselineScore ?? null,
    sizeRatio: (offered.sizeBytes ?? NaN) / baseline.sizeBytes,
    // Compact models run the float model's own kernels.
    latencyRatio: isCompact ? 1 : (offered.latencyRatio ?? NaN),
  };
}

function read(resultsFile: string): Run[] {
  const lines = readFileSync(resultsFile, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Run);
}
