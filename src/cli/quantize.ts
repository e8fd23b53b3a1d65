import { Command, Option } from 'commander';
import { systemClock } from '../base/clock.ts';
import { formatSize } from '../base/format-size.ts';
import { ManualControl } from '../engine/control.ts';
import { quantizeOnce } from '../engine/quantize.ts';
import type { Int8Format } from '../quantize/config.ts';
import { nodePool } from './node-platform.ts';
import { checkOutputFile, writeOutput } from './output-files.ts';
import { openOutput } from './output.ts';
import { runtimeOption } from './runtime-option.ts';
import { namedText, modelFiles, sourceFiles } from './source-files.ts';

interface QuantizeFlags {
  readonly calibration?: string[];
  readonly config?: string;
  readonly output: string;
  readonly format?: Int8Format;
}

export function quantizeCommand(): Command {
  return new Command('quantize')
    .description('writes one int8 model without a search: what is closest to float on calibration samples')
    .argument('<model>', 'the float ONNX model')
    .option('--calibration <files...>', 'calibration data; dynamic quantization needs none')
    .option('--config <yaml>', 'configuration that narrows the space, such as the tune-config.yaml of a tuning')
    .addOption(
      new Option(
        '--format <format>',
        'qdq: between QuantizeLinear and DequantizeLinear; qoperator: QLinearConv, QGemm … (default: what model.framework says)',
      ).choices(['qdq', 'qoperator']),
    )
    .requiredOption('--output <file>', 'the int8 model')
    .addOption(runtimeOption())
    .action(runQuantize);
}

async function runQuantize(model: string, flags: QuantizeFlags): Promise<void> {
  const output = openOutput(false);
  const pool = nodePool();
  try {
    await checkOutputFile(flags.output);
    const made = await quantizeOnce(
      {
        model: await modelFiles(model),
        calibration: await sourceFiles(flags.calibration ?? []),
        ...(flags.config === undefined ? {} : { config: await namedText(flags.config) }),
        ...(flags.format === undefined ? {} : { format: flags.format }),
      },
      { pool, control: new ManualControl(), clock: systemClock },
      (share) =>
        output.event({ type: 'progress', stage: 'calibration', detail: 'Calibrating', share, secondsLeft: null }),
    );
    if (made.preprocessing) output.event({ type: 'preprocessing', preprocessing: made.preprocessing });
    for (const warning of made.warnings) output.event({ type: 'warning', warning });
    await writeOutput(flags.output, made.model);
    const int8 = made.ops.filter(({ precision }) => precision === 'int8').length;
    console.log(`${flags.output}: ${formatSize(made.model.length)}, ${int8} of ${made.ops.length} ops compute in int8`);
  } finally {
    output.close();
    pool.terminate();
  }
}
