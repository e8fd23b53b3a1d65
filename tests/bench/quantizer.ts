import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { concatenate } from '../../src/base/bytes.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { SourceFile } from '../../src/base/source-file.ts';
import { median } from '../../src/base/statistics.ts';
import { calibrate } from '../../src/engine/calibrate.ts';
import { ManualControl } from '../../src/engine/control.ts';
import { Feed } from '../../src/engine/feed.ts';
import { compareLatency } from '../../src/engine/latency.ts';
import { openCalibration, openModel, openSettings, planFeed } from '../../src/engine/open-inputs.ts';
import { prepareModel } from '../../src/engine/prepare.ts';
import { quantizeOnce } from '../../src/engine/quantize.ts';
import { scoreModel } from '../../src/engine/score.ts';
import { SessionHost } from '../../src/engine/session-host.ts';
import type { SessionPool } from '../../src/engine/session-host-api.ts';
import { modelCapability } from '../../src/quantize/capability.ts';
import type { OpConfig, QuantizeConfig } from '../../src/quantize/config.ts';
import type { PreparedModel } from '../../src/quantize/prepared-model.ts';
import { calibrationTensors } from '../../src/quantize/rewrite/activation-parameters.ts';
import { rewrite } from '../../src/quantize/rewrite/rewrite.ts';
import { selectOps } from '../../src/quantize/rewrite/select.ts';
import { WeightCache } from '../../src/quantize/rewrite/weight-cache.ts';
import { ort } from '../../src/runtime/ort-node.ts';
import { markdownTable } from './table.ts';

const ROUNDS = 15;

interface PeerTimes {
  readonly calibrationSeconds: number;
  readonly rewriteSeconds: number;
  readonly peakMB: number;
}

/**
 * Octet's quantizer beside onnxruntime.quantization: the score of `octet quantize` as it comes, and for all that can be int8 (min-max,
 * per channel) the latency on WASM in turns with the peer's file, CPU seconds of the calibration (all range methods here, MinMax
 * there) and speed of the rewrite with nothing cached. `peer`: what tests/peers/ort_static.py has written.
 */
export async function benchQuantizer(cases: string, peer: string): Promise<void> {
  const times = JSON.parse(readFileSync(join(peer, 'times.json'), 'utf8')) as Record<string, PeerTimes>;
  const rows: string[][] = [];
  for (const [name, theirs] of Object.entries(times)) {
    if (!existsSync(join(cases, name, 'model.onnx'))) continue;
    rows.push([name, ...(await row(join(cases, name), join(peer, name), theirs))]);
    console.error(rows.at(-1)?.join(' | '));
  }
  console.log(
    markdownTable(
      [
        'case',
        'default, %',
        'latency, ours : theirs',
        'calibration CPU s',
        'theirs',
        'rewrite MB/s',
        'theirs',
        'ratio',
      ],
      rows,
    ),
  );
}

const file = (path: string): SourceFile => ({ path, blob: new Blob([readFileSync(path)]) });

async function row(folder: string, peer: string, theirs: PeerTimes): Promise<string[]> {
  const pool: SessionPool = {
    workers: [{ api: new SessionHost(ort, systemClock), generation: 0 }],
    terminate: () => undefined,
  };
  const platform = { pool, control: new ManualControl(), clock: systemClock };
  const calibration = [file(join(folder, 'calib.npz'))];
  const config = { text: readFileSync(join(folder, 'config.yaml'), 'utf8'), fileName: 'config.yaml' };
  const made = await quantizeOnce(
    { model: [file(join(folder, 'model.onnx'))], calibration },
    platform,
    () => undefined,
  );
  const { score } = await scoreModel(
    {
      model: [{ path: 'int8.onnx', blob: new Blob([made.model as Uint8Array<ArrayBuffer>]) }],
      evaluation: [file(join(folder, 'eval.npz'))],
      config,
    },
    platform,
    () => undefined,
  );

  const { loaded, info } = await openModel([file(`${peer}.float.onnx`)], pool);
  const data = await openCalibration(calibration, info.inputs, openSettings(undefined).settings);
  const { plan, inputDims } = await planFeed(info.inputs, data);
  const { model } = prepareModel(loaded.bytes, inputDims);
  const everything = allInt8(model);
  const targets = { ranges: calibrationTensors(model, selectOps(model, everything)), channels: [] };
  const feed = new Feed('calibration', data, plan);
  const before = process.cpuUsage();
  const { ranges } = await calibrate(pool, model, targets, feed, platform.control, () => undefined);
  const { user, system } = process.cpuUsage(before);
  const seconds: number[] = [];
  let parts: readonly Uint8Array[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const started = performance.now();
    parts = rewrite(model, everything, ranges, new WeightCache()).parts;
    seconds.push((performance.now() - started) / 1000);
  }
  const { ratio } = await compareLatency(pool, feed, readFileSync(`${peer}.onnx`), concatenate(parts));
  const megabytes = loaded.bytes.length / 1e6;
  const [ours, other] = [megabytes / median(seconds), megabytes / theirs.rewriteSeconds];
  return [
    (100 * score).toFixed(2),
    `${ratio.toFixed(2)}×`,
    ((user + system) / 1e6).toFixed(1),
    theirs.calibrationSeconds.toFixed(1),
    ours.toFixed(0),
    other.toFixed(1),
    `${(ours / other).toFixed(0)}×`,
  ];
}

/** Whatever has a static form, whether it pays or not: the peer's default. */
function allInt8(model: PreparedModel): QuantizeConfig {
  const ops = modelCapability(model).ops.map(({ name, int8 }): [string, OpConfig] => [
    name,
    int8.find(({ mode, activation }) => mode === 'static' && activation.algorithm === 'minmax') ?? 'fp32',
  ]);
  return { ops: Object.fromEntries(ops), weightStorage: 'float32' };
}
