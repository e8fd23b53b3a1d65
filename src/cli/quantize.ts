import { Command } from 'commander';
import { writeFile } from 'node:fs/promises';
import { ManualControl } from '../engine/control.ts';
import { quantizeOnce } from '../engine/quantize.ts';
import { nodePool } from './node-platform.ts';
import { size, textOutput } from './output.ts';
import { modelFiles, sourceFiles } from './source-files.ts';
import { readConfig } from './tune.ts';

interface QuantizeFlags {
  readonly calibration: string[];
  readonly config?: string;
  readonly output: string;
}

export function quantizeCommand(): Command {
  return new Command('quantize')
    .description('writes one int8 model without a search: the first config of the space')
    .argument('<model>', 'the float ONNX model')
    .option('--calibration <files...>', 'calibration data', [])
    .option('--config <yaml>', 'configuration that narrows the space')
    .requiredOption('--output <file>', 'the int8 model')
    .action(async (model: string, flags: QuantizeFlags) => {
      const output = textOutput(process.stderr);
      const pool = nodePool();
      try {
        const made = await quantizeOnce(
          {
            model: await modelFiles(model),
            calibration: await sourceFiles(flags.calibration),
            ...(flags.config === undefined ? {} : { config: await readConfig(flags.config) }),
          },
          { pool, control: new ManualControl() },
          (share) =>
            output.event({ type: 'progress', stage: 'calibration', detail: 'Calibrating', share, secondsLeft: null }),
        );
        output.close();
        for (const warning of made.warnings) output.event({ type: 'warning', warning });
        await writeFile(flags.output, made.model);
        const int8 = made.ops.filter(({ precision }) => precision === 'int8').length;
        console.log(`${flags.output}: ${size(made.model.length)}, ${int8} of ${made.ops.length} ops compute in int8`);
      } finally {
        output.close();
        pool.terminate();
      }
    });
}
