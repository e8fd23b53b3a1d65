import { Command, InvalidArgumentError } from 'commander';
import { join } from 'node:path';
import { systemClock, timestamp } from '../base/clock.ts';
import { Fault } from '../base/fault.ts';
import { ManualControl } from '../engine/control.ts';
import type { TuneInput } from '../engine/tune-input.ts';
import { tune } from '../engine/tune.ts';
import { historyDocument } from '../history/history-document.ts';
import { readRecipe } from '../history/recipe.ts';
import { replayScript } from '../history/replay-script.ts';
import { reportHtml } from '../history/report-html.ts';
import type { TuneReport } from '../history/tune-report.ts';
import type { CostTable } from '../quantize/cost/cost-table.ts';
import { FolderStore } from './folder-store.ts';
import { onInterrupt } from './interrupt.ts';
import { nodeOutside, nodePool } from './node-platform.ts';
import { checkOutputFolder, writeOutput } from './output-files.ts';
import { openOutput, printResult, resultLines } from './output.ts';
import { runtimeOption } from './runtime-option.ts';
import { modelFiles, namedText, sourceFiles, textFile } from './source-files.ts';

interface TuneFlags {
  readonly calibration?: string[];
  readonly evaluation: string[];
  readonly holdOut?: string[];
  readonly config?: string;
  readonly output: string;
  readonly strategy?: string;
  readonly costs?: string;
  readonly sensitivity?: boolean;
  readonly seed?: number;
  readonly json?: boolean;
  readonly resume?: boolean;
}

/** Exit code of a run that finished with the criterion missed. */
const CRITERION_MISSED = 3;

export function tuneCommand(): Command {
  return new Command('tune')
    .description('searches the int8 model that meets the accuracy criterion and runs fastest')
    .argument('<model>', 'the float ONNX model')
    .option(
      '--calibration <files...>',
      'calibration data: npz, IDX, image folders, TFRecord, CSV, JSON Lines …, or zips',
    )
    .requiredOption('--evaluation <files...>', 'evaluation data, with labels if the metric compares with them')
    .option('--hold-out <files...>', 'data that no trial sees; default: 20 % of 500 and more evaluation samples')
    .option('--config <yaml>', 'tuning configuration in the YAML of Neural Compressor')
    .requiredOption('--output <folder>', 'where the results go')
    .option('--strategy <module>', 'runs the strategy that this .mjs file exports, in place of the configuration’s')
    .option(
      '--costs <recipe>',
      'decides by the times of ops in the recipe of another tuning, instead of measuring them',
    )
    .option('--sensitivity', 'measures what each int8 op does to the model, after the search')
    .option('--seed <n>', 'overrides random_seed', wholeNumber)
    .addOption(runtimeOption())
    .option('--json', 'one JSON object per event on stdout, the last of type result')
    .option('--resume', 'continues the session in the output folder, if there is one')
    .addHelpText(
      'after',
      `
Writes model.int8.onnx, tune-config.yaml, recipe.json, replay.py (the same model by onnxruntime's own tools), history.json and
report.html, and keeps journal.jsonl to resume from.
Ctrl-C ends the search softly and writes the best model so far. The strategy sigopt takes its API token from the configuration or from
SIGOPT_API_TOKEN in the environment; it is written nowhere. A module given with --strategy is run as it is: read it first.

Exit codes: 0 criterion met · 3 criterion missed, the best model written all the same · 2 bad input · 1 internal

Example:
  octet tune model.onnx --calibration calib.npz --evaluation eval.npz --config tune.yaml --output tuned`,
    )
    .action(runTune);
}

async function runTune(model: string, flags: TuneFlags): Promise<void> {
  const control = new ManualControl();
  const release = onInterrupt(() => control.stop());
  const output = openOutput(flags.json ?? false);
  const pool = nodePool();
  try {
    await checkOutputFolder(flags.output);
    const result = await tune(await readInput(model, flags), {
      pool,
      store: new FolderStore(flags.output, flags.resume ?? false),
      clock: systemClock,
      startedAt: timestamp(),
      control,
      emit: (event) => output.event(event),
      outside: nodeOutside,
    });
    output.close();
    const files = await writeResults(flags.output, result);
    if (flags.json) printResult(historyDocument(result.record));
    else process.stdout.write(resultLines(result, flags.output, files));
    process.exitCode = result.record.outcome?.met ? 0 : CRITERION_MISSED;
  } finally {
    output.close();
    release();
    pool.terminate();
  }
}

async function readInput(
  model: string,
  { calibration, evaluation, holdOut, config, strategy, costs, sensitivity, seed }: TuneFlags,
): Promise<TuneInput> {
  const { SIGOPT_API_TOKEN: sigoptToken } = process.env;
  return {
    model: await modelFiles(model),
    calibration: await sourceFiles(calibration ?? []),
    evaluation: await sourceFiles(evaluation),
    holdOut: await sourceFiles(holdOut ?? []),
    ...(config === undefined ? {} : { config: await namedText(config) }),
    ...(strategy === undefined ? {} : { strategy: await namedText(strategy) }),
    ...(costs === undefined ? {} : { costs: await costsOf(costs) }),
    ...(sensitivity ? { sensitivity } : {}),
    ...(seed === undefined ? {} : { seed }),
    ...(sigoptToken ? { sigoptToken } : {}),
  };
}

async function costsOf(path: string): Promise<CostTable> {
  const { costs } = readRecipe(await textFile(path), path);
  if (costs) return costs;
  throw new Fault('recipe-unreadable', {
    message: 'The recipe holds no times of ops',
    file: path,
    accepted: 'the recipe.json of a tuning by the strategy auto for speed',
    next: 'Leave --costs out: the times are then measured here.',
  });
}

/** Names of the files it wrote: the model first, so that a history never tells of a model that is not there. */
async function writeResults(folder: string, report: TuneReport): Promise<string[]> {
  const { record, offer } = report;
  const script = offer && replayScript(offer);
  const files: Record<string, string | Uint8Array> = {
    ...(offer && {
      'model.int8.onnx': offer.model,
      'tune-config.yaml': offer.yaml,
      'recipe.json': JSON.stringify(offer.recipe),
    }),
    ...(script && { 'replay.py': script }),
    'report.html': reportHtml(report),
    'history.json': JSON.stringify(historyDocument(record), null, 2),
  };
  for (const [name, content] of Object.entries(files)) await writeOutput(join(folder, name), content);
  return Object.keys(files);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value >= 2 ** 31) throw new InvalidArgumentError('It must be a whole number below 2^31.');
  return value;
}
