import { Command } from 'commander';
import { formatSize } from '../base/format-size.ts';
import type { OpCapability } from '../quantize/capability-types.ts';
import { inspectModel, type ModelInspection } from '../engine/inspect.ts';
import { nodePool } from './node-platform.ts';
import { printResult } from './output.ts';
import { runtimeOption } from './runtime-option.ts';
import { modelFiles } from './source-files.ts';

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('lists inputs, outputs and what each op can be in int8')
    .argument('<model>', 'an ONNX model')
    .addOption(runtimeOption())
    .option('--json', 'the result as one JSON object of type result')
    .action(async (model: string, flags: { json?: boolean }) => {
      const pool = nodePool();
      try {
        const inspection = await inspectModel(await modelFiles(model), pool);
        if (flags.json) printResult(inspection);
        else console.log(describe(inspection));
      } finally {
        pool.terminate();
      }
    });
}

function describe({ model, inputs, outputs, ops, warnings }: ModelInspection): string {
  const width = Math.max(...ops.map(({ name }) => name.length), 4);
  return [
    `${model.name}  ${formatSize(model.sizeBytes)}  sha256 ${model.sha256}`,
    ...inputs.map(({ name, type, dims }) => `input   ${name}: ${type} [${dims.map((dim) => dim ?? '?').join(', ')}]`),
    ...outputs.map((name) => `output  ${name}`),
    ...warnings.map(({ message }) => `warning ${message}`),
    '',
    ...ops.map(
      (op) => `${op.name.padEnd(width)}  ${op.opType.padEnd(18)}  ${choices(op)}${op.reason ? `: ${op.reason}` : ''}`,
    ),
  ].join('\n');
}

function choices({ int8, pays, weightOnly }: OpCapability): string {
  const onRequest = weightOnly ? ', int4 weights if asked for' : '';
  if (int8.length === 0) return `float${onRequest}`;
  const form = int8.some(({ mode }) => mode === 'static') ? 'int8' : 'dynamic int8';
  return `${pays ? `${form} or float` : `float (${form} possible)`}${onRequest}`;
}
