import { describe, expect, it } from 'vitest';
import { sliceRows, type Tensor } from '../base/tensor.ts';
import type { Dataset } from '../data/dataset.ts';
import type { StoredProbe } from '../history/session-record.ts';
import { concatenate } from '../base/bytes.ts';
import { encodeModel } from '../onnx/encode.ts';
import { modelCapability } from '../quantize/capability.ts';
import type { OpConfig } from '../quantize/config.ts';
import { calibrationTensors } from '../quantize/rewrite/activation-parameters.ts';
import { rewrite } from '../quantize/rewrite/rewrite.ts';
import { selectOps } from '../quantize/rewrite/select.ts';
import { WeightCache } from '../quantize/rewrite/weight-cache.ts';
import { buildModel, randomTensor } from '../quantize/testing/build-model.ts';
import { runModel } from '../quantize/testing/run-model.ts';
import { ort } from '../runtime/ort-node.ts';
import type { TuneConfig } from '../tuning/types.ts';
import { calibrate } from './calibrate.ts';
import { ManualControl } from './control.ts';
import { Feed } from './feed.ts';
import { ModelProbes } from './probe.ts';
import { SessionHost } from './session-host.ts';
import type { SessionPool } from './session-host-api.ts';

const SAMPLES = 8;
const ROWS = 4;

const model = buildModel({
  inputs: { x: [ROWS, 16] },
  outputs: ['y'],
  weights: { w1: [16, 16], w2: [16, 4] },
  nodes: [
    { opType: 'MatMul', input: ['x', 'w1'], output: ['a'] },
    { opType: 'Relu', input: ['a'], output: ['b'] },
    { opType: 'MatMul', input: ['b', 'w2'], output: ['y'] },
  ],
  dims: { a: [ROWS, 16], b: [ROWS, 16], y: [ROWS, 4] },
});
const data = randomTensor([SAMPLES, 16]);
const dataset: Dataset = {
  name: 'random',
  count: SAMPLES,
  hasLabels: false,
  warnings: [],
  read: (start, count) => Promise.resolve({ inputs: { x: sliceRows(data, start, count) } }),
  sha256: () => Promise.resolve(''),
};

function configOf(float: readonly string[] = []): TuneConfig {
  const ops = modelCapability(model).ops.map(({ name, int8 }): [string, OpConfig] => {
    const option = int8.find(({ mode }) => mode === 'static');
    return [name, float.includes(name) ? 'fp32' : (option ?? 'fp32')];
  });
  return { ops: Object.fromEntries(ops), weightStorage: 'float32', samplingSize: SAMPLES };
}

async function rig(stored: Record<string, StoredProbe> = {}, broken = false) {
  const workers = [0, 1].map(() => ({ api: new SessionHost(ort, () => 0), generation: 0 }));
  const pool: SessionPool = { workers, terminate: () => undefined };
  const control = new ManualControl();
  const feed = new Feed('calibration', dataset, { rows: ROWS, fixedRows: null });
  const tensors = calibrationTensors(model, selectOps(model, configOf()));
  const targets = { ranges: tensors, channels: [] };
  const { ranges } = await calibrate(pool, model, targets, feed, control, () => undefined);
  const saved: Record<string, StoredProbe> = {};
  const built: TuneConfig[] = [];
  const build = async (config: TuneConfig): Promise<Uint8Array> => {
    built.push(config);
    return broken ? Uint8Array.of(1, 2, 3) : concatenate(rewrite(model, config, ranges, new WeightCache()).parts);
  };
  const store = { saveProbe: async (key: string, probe: StoredProbe) => void (saved[key] = probe) };
  const probes = new ModelProbes({
    model,
    sourceOf: async () => model,
    setup: { pool, output: 'y', control, clock: () => 0 },
    feedOf: (samples) => new Feed(`probe-${samples}`, dataset, { rows: ROWS, fixedRows: null }, samples),
    build,
    store,
    stored,
    emit: () => undefined,
  });
  return { probes, saved, built, build, workers };
}

/** The same by hand: outputs of both models over all batches. */
async function outputError(int8: Uint8Array): Promise<number> {
  const of = async (bytes: Uint8Array): Promise<number[]> => {
    const values: number[] = [];
    for (let start = 0; start < SAMPLES; start += ROWS) {
      const { outputs } = await runModel(bytes, { x: sliceRows(data, start, ROWS) });
      values.push(...((outputs['y'] as Tensor).data as Float32Array));
    }
    return values;
  };
  const [float, other] = [await of(encodeModel(model.graph.model)), await of(int8)];
  const squares = float.reduce((sum, value, i) => sum + (value - other[i]!) ** 2, 0);
  return squares / float.length / (Math.max(...float) - Math.min(...float)) ** 2;
}

describe('probes', () => {
  it('measure the error of the output over the range of the float output', async () => {
    const { probes, build } = await rig();
    const error = await probes.output(configOf(), SAMPLES);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeCloseTo(await outputError(await build(configOf())), 10);
    expect(await probes.output(configOf(['MatMul_0', 'MatMul_2']), SAMPLES)).toBe(0);
  });

  it('measure the tensor of each int8 op, an absorbed Relu with it', async () => {
    const { probes } = await rig();
    const errors = await probes.ops(configOf(), SAMPLES);
    expect([...errors.keys()].filter((name) => name.startsWith('MatMul'))).toEqual(['MatMul_0', 'MatMul_2']);
    for (const error of errors.values()) {
      expect(error).toBeGreaterThan(0);
      expect(error).toBeLessThan(0.01);
    }
    expect(errors.get('MatMul_2')).toBeCloseTo(await probes.output(configOf(), SAMPLES), 6);
    expect([...(await probes.ops(configOf(['MatMul_0']), SAMPLES)).keys()]).not.toContain('MatMul_0');
  });

  it('are stored, and not measured again', async () => {
    const first = await rig();
    const [output, ops] = [await first.probes.output(configOf(), 4), await first.probes.ops(configOf(), 4)];
    expect(await first.probes.output(configOf(), 4)).toBe(output);
    expect(first.built).toHaveLength(2);
    expect(Object.values(first.saved).map(({ samplesEvaluated }) => samplesEvaluated)).toEqual([4, 4]);
    const again = await rig(JSON.parse(JSON.stringify(first.saved)) as Record<string, StoredProbe>);
    expect([await again.probes.output(configOf(), 4), await again.probes.ops(configOf(), 4)]).toEqual([output, ops]);
    expect(again.built).toEqual([]);
  });

  it('survive the restart of a worker', async () => {
    const { probes, workers } = await rig();
    const before = await probes.output(configOf(), SAMPLES);
    Object.assign(workers[1]!, { api: new SessionHost(ort, () => 0), generation: 1 });
    expect(await probes.output(configOf(['MatMul_0']), SAMPLES)).toBeLessThan(before);
    await probes.close();
  });

  it('are infinite for a model that does not run', async () => {
    const { probes } = await rig({}, true);
    expect(await probes.output(configOf(), SAMPLES)).toBe(Infinity);
    expect((await probes.ops(configOf(), SAMPLES)).size).toBe(0);
  });
});
