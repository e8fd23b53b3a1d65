import { execFileSync } from 'node:child_process';
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
/** V8 compiles what runs often: until then a small model takes several times as long. */
const WARM_UP_MS = 2000;

interface PeerTimes {
  readonly calibrationSeconds: number;
  readonly calibrationCpuSeconds: number;
  readonly rewriteSeconds: number;
  readonly peakMB: number;
}

/**
 * Octet's quantizer beside onnxruntime.quantization: the score of `octet quantize` as it comes, and for all that can be int8 (min-max,
 * per channel) the latency on WASM in turns with the peer's file, seconds, CPU seconds (here with those of V8's compiler and collector)
 * and memory of the calibration (all range methods here, MinMax there; one thread, a process of its own) and speed of the rewrite with nothing cached. `peer`: what tests/peers/ort_static.py has written.
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
        'calibration s',
        'theirs',
        'CPU s',
        'theirs',
        'its peak MB',
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

/** Everything of one case that could be int8, ready to be calibrated. */
async function openCase(folder: string, peer: string) {
  const pool: SessionPool = {
    workers: [{ api: new SessionHost(ort, systemClock), generation: 0 }],
    terminate: () => undefined,
  };
  const { loaded, info } = await openModel([file(`${peer}.float.onnx`)], pool);
  const files = [file(join(folder, 'calib.npz'))];
  const data = await openCalibration(files, info.inputs, openSettings(undefined).settings);
  const { plan, inputDims } = await planFeed(info.inputs, data);
  const { model } = prepareModel(loaded.bytes, inputDims);
  const config = allInt8(model);
  const targets = { ranges: calibrationTensors(model, selectOps(model, config)), channels: [] };
  const feed = new Feed('calibration', data, plan);
  const ranges = async () => (await calibrate(pool, model, targets, feed, new ManualControl(), () => undefined)).ranges;
  return { pool, floatBytes: loaded.bytes, model, config, feed, ranges };
}

interface CalibrationCost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of the whole process. */
  readonly peakMB: number;
}

/** Prints what the calibration of a case takes, all range methods at once; for a process of its own. */
export async function printCalibrationCost(folder: string, peer: string): Promise<void> {
  const { ranges } = await openCase(folder, peer);
  const [started, before] = [performance.now(), process.cpuUsage()];
  await ranges();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(before);
  const peakMB = (process.resourceUsage().maxRSS * 1024) / 1e6;
  console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, peakMB } satisfies CalibrationCost));
}

function calibrationCost(folder: string, peer: string): CalibrationCost {
  const call = `printCalibrationCost(...${JSON.stringify([folder, peer])})`;
  const script = `const bench = await import(${JSON.stringify(import.meta.url)}); await bench.${call};`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  return JSON.parse(printed) as CalibrationCost;
}

async function defaultScore(folder: string, pool: SessionPool): Promise<number> {
  const platform = { pool, control: new ManualControl(), clock: systemClock };
  const calibration = [file(join(folder, 'calib.npz'))];
  const { model } = await quantizeOnce(
    { model: [file(join(folder, 'model.onnx'))], calibration },
    platform,
    () => undefined,
  );
  const { score } = await scoreModel(
    {
      model: [{ path: 'int8.onnx', blob: new Blob([model as Uint8Array<ArrayBuffer>]) }],
      evaluation: [file(join(folder, 'eval.npz'))],
      config: { text: readFileSync(join(folder, 'config.yaml'), 'utf8'), fileName: 'config.yaml' },
    },
    platform,
    () => undefined,
  );
  return score;
}

async function row(folder: string, peer: string, theirs: PeerTimes): Promise<string[]> {
  const cost = calibrationCost(folder, peer);
  const { pool, floatBytes, model, config, feed, ranges } = await openCase(folder, peer);
  const score = await defaultScore(folder, pool);
  const calibrated = await ranges();
  const times: number[] = [];
  let parts: readonly Uint8Array[] = [];
  const begun = performance.now();
  for (let isWarm = false; times.length < ROUNDS; isWarm ||= performance.now() - begun > WARM_UP_MS) {
    const started = performance.now();
    parts = rewrite(model, config, calibrated, new WeightCache()).parts;
    if (isWarm) times.push((performance.now() - started) / 1000);
  }
  const { ratio } = await compareLatency(pool, feed, readFileSync(`${peer}.onnx`), concatenate(parts));
  const megabytes = floatBytes.length / 1e6;
  const [ours, other] = [megabytes / median(times), megabytes / theirs.rewriteSeconds];
  return [
    (100 * score).toFixed(2),
    `${ratio.toFixed(2)}×`,
    cost.seconds.toFixed(1),
    theirs.calibrationSeconds.toFixed(1),
    cost.cpuSeconds.toFixed(1),
    theirs.calibrationCpuSeconds.toFixed(1),
    cost.peakMB.toFixed(0),
    theirs.peakMB.toFixed(0),
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
