import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '../../src/base/fault.ts';
import { prepareModel } from '../../src/engine/prepare.ts';
import { checkModel } from '../../src/onnx/check-model.ts';
import { decodeModel } from '../../src/onnx/decode.ts';
import { concatenate } from '../../src/base/bytes.ts';
import { encodeParts } from '../../src/onnx/encode.ts';
import { modelCapability } from '../../src/quantize/capability.ts';
import type { OpConfig } from '../../src/quantize/config.ts';
import { calibrationTensors } from '../../src/quantize/rewrite/activation-parameters.ts';
import { rewrite } from '../../src/quantize/rewrite/rewrite.ts';
import { selectOps } from '../../src/quantize/rewrite/select.ts';
import { WeightCache } from '../../src/quantize/rewrite/weight-cache.ts';

/** Range of every tensor: the outcome here is whether a model can be written, not what it scores. */
const RANGE = { min: -1, max: 1 };

/**
 * The models that ship inside the Python package `onnx` (unpacked into `folder`): each must be read, be written back byte for byte, and be
 * quantized, or say why not by a coded fault. Prints counts, and every model that does neither.
 */
export function checkOnnxModels(folder: string): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.onnx'));
  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  for (const file of files) {
    const bytes = new Uint8Array(readFileSync(join(folder, file)));
    try {
      const same = Buffer.from(concatenate(encodeParts(decodeModel(bytes)))).equals(bytes);
      count(same ? 'written back byte for byte' : 'written back with other bytes');
      if (!same) console.log(`other bytes: ${file}`);
      count(quantized(bytes));
    } catch (thrown) {
      if (thrown instanceof Fault && thrown.code !== 'internal') count(`refused: ${thrown.code}`);
      else {
        count('broken');
        console.log(
          `broken: ${file}: ${thrown instanceof Error ? (thrown.stack ?? thrown.message).slice(0, 400) : String(thrown)}`,
        );
      }
    }
  }
  console.log(`${files.length} models`);
  for (const [what, number] of [...counts].sort(([a], [b]) => a.localeCompare(b))) console.log(`${number}\t${what}`);
}

function quantized(bytes: Uint8Array): string {
  const model = decodeModel(bytes);
  checkModel(model);
  const prepared = prepareModel(bytes, {}).model;
  const chosen = modelCapability(prepared).ops.flatMap(({ name, int8 }): [string, OpConfig][] =>
    int8[0] ? [[name, int8[0]]] : [],
  );
  const config = { ops: Object.fromEntries(chosen), weightStorage: 'auto' as const };
  const selected = selectOps(prepared, config);
  const ranges = Object.fromEntries(calibrationTensors(prepared, selected).map((tensor) => [tensor, RANGE]));
  const all = { minmax: ranges, percentile: ranges, kl: ranges, mse: ranges };
  const { ops } = rewrite(prepared, config, all, new WeightCache());
  if (ops.some(({ precision }) => precision === 'int8')) return 'quantized, ops in int8';
  const silent = ops.filter(({ precision, reason }) => precision !== 'int8' && !reason);
  return silent.length === 0 ? 'float, with a reason for every op' : 'float, without a reason';
}
