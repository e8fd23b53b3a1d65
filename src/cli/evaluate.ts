import { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { ManualControl } from '../engine/control.ts';
import { scoreModel } from '../engine/score.ts';
import { nodePool } from './node-platform.ts';
import { size, textOutput } from './output.ts';
import { modelFiles, sourceFiles } from './source-files.ts';
import { readConfig } from './tune.ts';

interface EvaluateFlags {
  readonly evaluation: string[];
  readonly config?: string;
  readonly json?: boolean;
}

export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('scores and times one model, float or quantized')
    .argument('<model>', 'an ONNX model')
    .requiredOption('--evaluation <files...>', 'evaluation data, with labels')
    .option('--config <yaml>', 'configuration that names metric and transforms')
    .option('--json', 'the result as JSON')
    .action(async (model: string, flags: EvaluateFlags) => {
      const output = textOutput(process.stderr);
      const pool = nodePool();
      try {
        const result = await scoreModel(
          {
            model: await modelFiles(model),
            evaluation: await sourceFiles(flags.evaluation),
            ...(flags.config === undefined ? {} : { config: await readConfig(flags.config) }),
          },
          { pool, clock: systemClock, control: new ManualControl() },
          (share) => output.event({ type: 'progress', stage: 'baseline', detail: 'Scoring', share, secondsLeft: null }),
        );
        output.close();
        for (const warning of result.warnings) output.event({ type: 'warning', warning });
        const { metric, score, samples, latencyMs, sizeBytes } = result;
        const text = `${metric} ${score.toFixed(4)} on ${samples} samples, ${latencyMs.toFixed(2)} ms, ${size(sizeBytes)}`;
        console.log(flags.json ? JSON.stringify({ metric, score, samples, latencyMs, sizeBytes }) : text);
      } finally {
        output.close();
        pool.terminate();
      }
    });
}
