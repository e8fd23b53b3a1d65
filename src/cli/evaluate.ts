import { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { formatSize } from '../base/format-size.ts';
import { ManualControl } from '../engine/control.ts';
import { scoreModel } from '../engine/score.ts';
import { nodePool } from './node-platform.ts';
import { openOutput, printResult } from './output.ts';
import { runtimeOption } from './runtime-option.ts';
import { namedText, modelFiles, sourceFiles } from './source-files.ts';

interface EvaluateFlags {
  readonly evaluation: string[];
  readonly config?: string;
  readonly json?: boolean;
}

export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('scores and times one model, float or quantized')
    .argument('<model>', 'an ONNX model')
    .requiredOption('--evaluation <files...>', 'evaluation data, with labels if the metric compares with them')
    .option('--config <yaml>', 'configuration that names metric and transforms')
    .addOption(runtimeOption())
    .option('--json', 'one JSON object per event on stdout, the last of type result')
    .action(runEvaluate);
}

async function runEvaluate(model: string, flags: EvaluateFlags): Promise<void> {
  const output = openOutput(flags.json ?? false);
  const pool = nodePool();
  try {
    const { warnings, preprocessing, ...result } = await scoreModel(
      {
        model: await modelFiles(model),
        evaluation: await sourceFiles(flags.evaluation),
        ...(flags.config === undefined ? {} : { config: await namedText(flags.config) }),
      },
      { pool, clock: systemClock, control: new ManualControl() },
      (share) => output.event({ type: 'progress', stage: 'baseline', detail: 'Scoring', share, secondsLeft: null }),
    );
    if (preprocessing) output.event({ type: 'preprocessing', preprocessing });
    for (const warning of warnings) output.event({ type: 'warning', warning });
    output.close();
    const { metric, score, samples, latencyMs, sizeBytes } = result;
    if (flags.json) printResult(result);
    else {
      const timing = `${latencyMs.toFixed(2)} ms, ${formatSize(sizeBytes)}`;
      console.log(`${metric} ${score.toFixed(4)} on ${samples} samples, ${timing}`);
    }
  } finally {
    output.close();
    pool.terminate();
  }
}
