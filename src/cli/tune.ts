import { Command, InvalidArgumentError } from 'commander';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { systemClock, timestamp } from '../base/clock.ts';
import { Fault } from '../base/fault.ts';
import { ManualControl } from '../engine/control.ts';
import { tune } from '../engine/tune.ts';
import type { TuneReport } from '../history/tune-report.ts';
import { historyDocument } from '../history/history-document.ts';
import { FolderStore } from './folder-store.ts';
import { nodePool } from './node-platform.ts';
import { jsonOutput, resultLines, textOutput } from './output.ts';
import { modelFiles, sourceFiles } from './source-files.ts';

interface TuneFlags {
  readonly calibration: string[];
  readonly evaluation: string[];
  readonly config?: string;
  readonly output: string;
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
    .option('--calibration <files...>', 'calibration data: npz, npy, IDX, image folders or zips', [])
    .requiredOption('--evaluation <files...>', 'evaluation data, with labels')
    .option('--config <yaml>', 'tuning configuration in the YAML of Neural Compressor')
    .requiredOption('--output <folder>', 'where the results go')
    .option('--seed <n>', 'overrides random_seed', wholeNumber)
    .option('--json', 'one JSON object per event on stdout')
    .option('--resume', 'continues the session in the output folder')
    .action(runTune);
}

async function runTune(model: string, flags: TuneFlags): Promise<void> {
  const output = flags.json ? jsonOutput() : textOutput(process.stderr);
  const control = new ManualControl();
  const pool = nodePool();
  const stop = (): void => control.stop();
  process.once('SIGINT', stop);
  try {
    const result = await tune(
      {
        model: await modelFiles(model),
        calibration: await sourceFiles(flags.calibration),
        evaluation: await sourceFiles(flags.evaluation),
        ...(flags.config === undefined ? {} : { config: await readConfig(flags.config) }),
        ...(flags.seed === undefined ? {} : { seed: flags.seed }),
      },
      {
        pool,
        store: new FolderStore(flags.output, flags.resume ?? false),
        clock: systemClock,
        startedAt: timestamp(),
        control,
        emit: (event) => output.event(event),
      },
    );
    output.close();
    await writeResults(flags.output, result);
    const history = historyDocument(result.record);
    if (flags.json) process.stdout.write(`${JSON.stringify({ type: 'result', ...history })}\n`);
    else process.stdout.write(resultLines(result, flags.output));
    process.exitCode = result.record.outcome?.met ? 0 : CRITERION_MISSED;
  } finally {
    output.close();
    process.off('SIGINT', stop);
    pool.terminate();
  }
}

async function writeResults(folder: string, { record, offer }: TuneReport): Promise<void> {
  const write = (name: string, content: string | Uint8Array): Promise<void> => writeFile(join(folder, name), content);
  await write('history.json', JSON.stringify(historyDocument(record), null, 2));
  if (!offer) return;
  await write('model.int8.onnx', offer.model);
  await write('tune-config.yaml', offer.yaml);
  await write('recipe.json', JSON.stringify(offer.recipe));
}

export async function readConfig(path: string): Promise<{ text: string; fileName: string }> {
  try {
    return { text: await readFile(path, 'utf8'), fileName: basename(path) };
  } catch (cause) {
    const next = 'Check the path of --config.';
    throw new Fault('file-unreadable', {
      message: 'The configuration cannot be read',
      file: path,
      found: String(cause),
      next,
    });
  }
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}
