import { create } from '@bufbuild/protobuf';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../../src/base/statistics.ts';
import { prepareModel } from '../../src/engine/prepare.ts';
import { decodeModel } from '../../src/onnx/decode.ts';
import { encodeModel, encodeParts } from '../../src/onnx/encode.ts';
import { ModelProtoSchema } from '../../src/onnx/proto/onnx_pb.ts';
import { floats } from '../../src/onnx/tensor-proto.ts';
import { modelCapability } from '../../src/quantize/capability.ts';
import type { ActivationRanges, OpConfig, QuantizeConfig } from '../../src/quantize/config.ts';
import type { PreparedModel } from '../../src/quantize/prepared-model.ts';
import { calibrationTensors } from '../../src/quantize/rewrite/activation-parameters.ts';
import { rewrite } from '../../src/quantize/rewrite/rewrite.ts';
import { selectOps } from '../../src/quantize/rewrite/select.ts';
import { WeightCache } from '../../src/quantize/rewrite/weight-cache.ts';
import { markdownTable } from './table.ts';

const ROUNDS = 7;
/** Case, dims of a sample, goal in ms for a rewrite with known ranges. */
const REWRITES = [
  ['fashion-mobilenet', { image: [1, 1, 28, 28] }, 50],
  ['text-recognition', { x: [1, 3, 48, 320] }, 500],
] as const;

/** Times of the parts that have a goal; OCTET_CASES names the folder of cases for the rewrites. */
export function benchParts(): void {
  const rows = [codec()];
  const cases = process.env['OCTET_CASES'];
  for (const [name, dims, goal] of REWRITES) {
    const file = join(cases ?? '', name, 'model.onnx');
    if (cases && existsSync(file)) rows.push(...rewrites(name, new Uint8Array(readFileSync(file)), dims, goal));
  }
  console.log(markdownTable(['part', 'first ms', 'median ms', 'goal ms', 'extra memory'], rows));
}

/** Decode and encode of a model with 200 tensors of half a megabyte; memory beyond the file while the parts are alive. */
function codec(): string[] {
  const initializer = Array.from({ length: 200 }, (_, i) => floats(`w${i}`, new Float32Array(131_072).fill(i)));
  const bytes = encodeModel(create(ModelProtoSchema, { irVersion: 8n, graph: { name: 'g', initializer } }));
  const before = process.memoryUsage();
  let kept: Uint8Array[] = [];
  const times = timed(() => (kept = encodeParts(decodeModel(bytes))));
  const after = process.memoryUsage();
  const extra = after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed;
  const share = `${((100 * extra) / bytes.length).toFixed(1)} % of ${(bytes.length / 1e6).toFixed(0)} MB in ${kept.length} parts`;
  return ['decode + encode', ...report(times), '200', share];
}

function rewrites(
  name: string,
  bytes: Uint8Array,
  dims: Readonly<Record<string, readonly number[]>>,
  goal: number,
): string[][] {
  const { model } = prepareModel(bytes, dims);
  const ops = modelCapability(model).ops.map(({ name: op, pays, int8 }): [string, OpConfig] => [
    op,
    (pays && int8[0]) || 'fp32',
  ]);
  const config: QuantizeConfig = { ops: Object.fromEntries(ops), weightStorage: 'auto' };
  const ranges = anyRanges(model, config);
  const cache = new WeightCache();
  const compact = new WeightCache();
  return [
    [`rewrite ${name}, int8`, ...report(timed(() => rewrite(model, config, ranges, cache))), String(goal), ''],
    [
      `rewrite ${name}, compact`,
      ...report(timed(() => rewrite(model, { ops: {}, weightStorage: 'auto' }, {}, compact))),
      '',
      '',
    ],
  ];
}

function anyRanges(model: PreparedModel, config: QuantizeConfig): ActivationRanges {
  const tensors = calibrationTensors(model, selectOps(model, config));
  return { minmax: Object.fromEntries(tensors.map((tensor) => [tensor, { min: -1, max: 1 }])) };
}

function timed(step: () => unknown): number[] {
  return Array.from({ length: ROUNDS }, () => {
    const started = performance.now();
    step();
    return performance.now() - started;
  });
}

function report(times: readonly number[]): [string, string] {
  return [(times[0] as number).toFixed(1), median(times).toFixed(1)];
}
