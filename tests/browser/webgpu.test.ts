import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { Warning } from '../../src/base/fault-codes.ts';
import { Fault } from '../../src/base/fault.ts';
import type { SourceFile } from '../../src/base/source-file.ts';
import { createSessionPool } from '../../src/bridge/session-pool.ts';
import { webWorker } from '../../src/bridge/web-worker.ts';
import { calibrate } from '../../src/engine/calibrate.ts';
import { checkProvider, compareProviders } from '../../src/engine/compare-providers.ts';
import { ManualControl } from '../../src/engine/control.ts';
import type { TuneEvent } from '../../src/engine/events.ts';
import { openSession } from '../../src/engine/open-session.ts';
import type { Outside } from '../../src/engine/outside.ts';
import { quantizeOnce } from '../../src/engine/quantize.ts';
import type { SessionHostApi, SessionPool, SessionWorker } from '../../src/engine/session-host-api.ts';
import { SimulatedScoring } from '../../src/engine/simulated-scoring.ts';
import type { Platform, TuneInput } from '../../src/engine/tune-input.ts';
import { tune } from '../../src/engine/tune.ts';
import { historyDocument } from '../../src/history/history-document.ts';
import type { TuneReport } from '../../src/history/tune-report.ts';
import { DiskShelves } from '../../src/history/disk-shelves.ts';
import { SessionDatabase } from '../../src/history/session-database.ts';
import { decodeModel } from '../../src/onnx/decode.ts';
import { encodeModel } from '../../src/onnx/encode.ts';
import type { Int8OpConfig } from '../../src/quantize/config.ts';
import { simulateInt8 } from '../../src/quantize/rewrite/simulate.ts';
import calib from '../fixtures/lenet/calib.npz?url';
import evaluation from '../fixtures/lenet/eval.npz?url';
import model from '../fixtures/lenet/model.onnx?url';

const { gpu } = navigator as { readonly gpu?: { requestAdapter(): Promise<unknown> } };
const hasAdapter = Boolean(await gpu?.requestAdapter());

const pool = (worker: () => Worker): SessionPool => createSessionPool(1, () => webWorker(worker()));
const wasm = pool(() => new Worker(new URL('../../workers/session.worker.ts', import.meta.url), { type: 'module' }));
const gpuPool = pool(
  () => new Worker(new URL('../../workers/session-webgpu.worker.ts', import.meta.url), { type: 'module' }),
);
const older = pool(() => new Worker(new URL('./workers/jsep.worker.ts', import.meta.url), { type: 'module' }));

const file = async (path: string, url: string): Promise<SourceFile> => ({
  path,
  blob: await (await fetch(url)).blob(),
});
/** 16 samples: SwiftShader computes some 15 in a second. */
const config = (device: 'cpu' | 'gpu'): NonNullable<TuneInput['config']> => ({
  fileName: 'tune.yaml',
  text: `
device: ${device}
evaluation: {accuracy: {metric: {topk: 1}, iteration: 16}}
tuning: {objective: modelsize, accuracy_criterion: {relative: 0.05}}
`,
});
const input = async (device: 'cpu' | 'gpu'): Promise<TuneInput> => ({
  model: [await file('model.onnx', model)],
  calibration: [await file('calib.npz', calib)],
  evaluation: [await file('eval.npz', evaluation)],
  config: config(device),
});

const database = new SessionDatabase(await DiskShelves.open('webgpu-test'));
const files = await input('gpu');
await database.create('webgpu', 'lenet', '2026-01-01T00:00:00Z', files);
const refuse = (): Promise<never> => Promise.reject(new Error('This session uses nothing from outside'));
const outside: Outside = { http: refuse, pageUrl: null, delay: () => undefined, importModule: refuse };
const events: TuneEvent[] = [];
const platform: Platform = {
  pool: wasm,
  gpuPool,
  store: database.store('webgpu'),
  clock: systemClock,
  startedAt: '2026-01-01T00:00:00Z',
  control: new ManualControl(),
  emit: (event) => events.push(event),
  outside,
};

afterAll(() => {
  for (const each of [wasm, gpuPool, older]) each.terminate();
  database.close();
});

/** What differs between two runs of a trial. */
const clocks = { seconds: 0, latencyMs: 0, latencyRatio: 0, latencySpreadMs: 0 };
const STATIC: Int8OpConfig = {
  mode: 'static',
  weight: { dtype: 'int8', scheme: 'sym', granularity: 'per_channel', algorithm: 'minmax' },
  activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm: 'minmax' },
};

describe.skipIf(!hasAdapter)('WebGPU (skipped where the browser offers no adapter)', { timeout: 120_000 }, () => {
  it('calibrates as WASM does', async () => {
    const { prepared, space, calibrationFeed, target } = await openSession(await input('gpu'), platform, null);
    expect(target).toMatchObject({ provider: 'webgpu' });
    expect(space.ops.every(({ int8, float }) => int8.length === 0 && float)).toBe(true);
    const targets = { ranges: prepared.graph.nodes.map(({ output }) => output[0] as string), channels: [] };
    const on = (each: SessionPool) =>
      calibrate(each, prepared, targets, calibrationFeed(4), platform.control, () => undefined);
    const [found, expected] = [(await on(gpuPool)).ranges, (await on(wasm)).ranges];
    for (const name of targets.ranges) {
      const { min, max } = expected.minmax[name]!;
      expect(Math.abs(found.minmax[name]!.min - min)).toBeLessThan(1e-4 * (max - min));
      expect(Math.abs(found.minmax[name]!.max - max)).toBeLessThan(1e-4 * (max - min));
    }
  });

  it('tunes for it, and checks every model on WASM', async () => {
    const { record, offer, explanation } = await tune(await input('gpu'), platform);
    expect(record.header.runtime).toMatchObject({ provider: 'webgpu', threads: 1 });
    expect(record.outcome).toMatchObject({ met: true, best: 0 });
    const { verification } = historyDocument(record);
    expect(verification).toMatchObject({ provider: 'webgpu', samples: 16, difference: { decidedOtherwise: 0 } });
    expect(verification?.wasmScore).toBe(verification?.providerScore);
    expect(verification?.difference.maxError).toBeLessThan(1e-3);
    expect(explanation).toContain('Checked on WASM');
    expect(offer!.model.length).toBeLessThan(0.5 * record.header.model.sizeBytes);
    expect(offer!.yaml).toContain('device: gpu');
    const hasFloat16 = (await gpuPool.workers[0]!.api.device()).float16;
    const warned = events.some((event) => event.type === 'warning' && event.warning.code === 'float16-unavailable');
    expect(warned).toBe(!hasFloat16);
    expect(record.trials).toHaveLength(hasFloat16 ? 3 : 1);
  });

  it('resumes on the same provider alone', async () => {
    const again = await tune(await input('gpu'), platform);
    expect(again.record.trials).toHaveLength((await database.store('webgpu').load())!.trials.length);
    const other = await input('cpu');
    await expect(tune(other, platform)).rejects.toMatchObject({ code: 'journal-mismatch' });
  });

  it('says of a simulated int8 model what WASM says', async () => {
    const int8 = await quantizeOnce(
      await input('cpu'),
      { pool: wasm, control: platform.control, clock: systemClock },
      () => undefined,
    );
    const simulated = encodeModel(simulateInt8(decodeModel(int8.model)));
    const { setup } = await openSession(await input('cpu'), platform, null);
    const difference = await compareProviders(gpuPool, wasm, setup.feed, simulated, setup.output);
    expect(difference).toMatchObject({ samples: 16, decidedOtherwise: 0 });
    // A sum in another order may round to the next code.
    expect(difference.maxError).toBeLessThan(0.02);
  });

  it('scores int8 models there first, and those that meet the criterion on WASM', async () => {
    const text = (device: 'cpu' | 'gpu'): string => `
evaluation: {accuracy: {metric: {topk: 1}, iteration: 16, device: ${device}}}
quantization: {recipes: {equalization: false, smooth_quant: false}, op_wise: {"*": {weight: {dtype: [int8]}}}}
tuning: {strategy: {name: basic}, accuracy_criterion: {relative: 0.01}, exit_policy: {max_trials: 4, timeout: 100}}
`;
    const tuned = async (device: 'cpu' | 'gpu') => {
      const own = { ...(await input('cpu')), config: { text: text(device), fileName: 'tune.yaml' } };
      await database.create(`simulated ${device}`, 'lenet', '2026-01-01T00:00:00Z', own);
      return tune(own, { ...platform, store: database.store(`simulated ${device}`) });
    };
    const [there, here] = [await tuned('gpu'), await tuned('cpu')];
    const shown = ({ record }: TuneReport) => record.trials.map(({ met, modelSha256 }) => [met, modelSha256]);
    expect(shown(there)).toEqual(shown(here));
    expect(here.record.trials.filter(({ simulated }) => simulated)).toEqual([]);
    const misses = there.record.trials.filter(({ met }) => !met);
    expect(misses.length).toBeGreaterThan(0);
    expect(misses.every(({ simulated }) => simulated)).toBe(true);
    for (const trial of there.record.trials) {
      const onWasm = here.record.trials[trial.number]!;
      if (trial.met) expect({ ...trial, ...clocks }).toEqual({ ...onWasm, ...clocks });
      else expect(Math.abs(trial.score! - onWasm.score!)).toBeLessThan(0.13);
    }
    expect(there.offer!.model).toEqual(here.offer!.model);
  });

  it('calibrates there where the configuration says so, for a model that WASM then runs and times', async () => {
    const text = (device: 'cpu' | 'gpu'): string => `
evaluation: {accuracy: {metric: {topk: 1}, iteration: 16}}
quantization: {calibration: {device: ${device}, sampling_size: 8}, op_wise: {"*": {weight: {dtype: [int8]}}}}
tuning: {strategy: {name: basic}, accuracy_criterion: {relative: 0.2}, exit_policy: {max_trials: 2, timeout: 100}}
`;
    const [{ api }] = gpuPool.workers as [SessionWorker];
    const observed: string[] = [];
    const observe = api.observe.bind(api);
    const watched = new Proxy(api, {
      get: (real, name) =>
        name === 'observe'
          ? (...args: Parameters<typeof observe>) => (observed.push(args[0]), observe(...args))
          : (Reflect.get(real, name) as unknown),
    });
    const pools = { cpu: gpuPool, gpu: { ...gpuPool, workers: [{ generation: 0, api: watched }] } };
    const tuned = async (device: 'cpu' | 'gpu') => {
      const own = { ...(await input('cpu')), config: { text: text(device), fileName: 'tune.yaml' } };
      await database.create(`calibrated ${device}`, 'lenet', '2026-01-01T00:00:00Z', own);
      return tune(own, { ...platform, gpuPool: pools[device], store: database.store(`calibrated ${device}`) });
    };
    const [there, here] = [await tuned('gpu'), await tuned('cpu')];
    expect(observed.length).toBeGreaterThan(0);
    expect(there.record.header.runtime.provider).toBe('wasm');
    expect(there.record.trials.map(({ config }) => config)).toEqual(here.record.trials.map(({ config }) => config));
    const rangesOf = ({ record }: TuneReport) => record.ranges[8]!['plain']!.ranges.minmax!;
    const [found, expected] = [rangesOf(there), rangesOf(here)];
    for (const [name, { min, max }] of Object.entries(expected)) {
      expect(Math.abs(found[name]!.min - min)).toBeLessThan(1e-4 * (max - min));
      expect(Math.abs(found[name]!.max - max)).toBeLessThan(1e-4 * (max - min));
    }
  });

  it('goes on with WASM where the simulation is computed wrongly, and says so', async () => {
    const { target, setup, bytes } = await openSession(await input('cpu'), platform, null);
    const int8 = await quantizeOnce(
      await input('cpu'),
      { pool: wasm, control: platform.control, clock: systemClock },
      () => undefined,
    );
    const warnings: Warning[] = [];
    const [{ api }] = gpuPool.workers as [SessionWorker];
    const run: SessionHostApi['run'] = async (...args) => {
      const output = await api.run(...args);
      return { ...output, data: (output.data as Float32Array).map(Math.abs) };
    };
    const wrong = new Proxy(api, {
      get: (real, name) => (name === 'run' ? run : (Reflect.get(real, name) as unknown)),
    });
    const signless: SessionPool = { workers: [{ generation: 0, api: wrong }], terminate: () => undefined };
    const scoring = new SimulatedScoring({
      target: {
        ...target,
        provider: 'webgpu',
        device: { name: 'the signless provider', float16: false },
        pool: signless,
      },
      wasm,
      setup,
      floatBytes: bytes,
      meets: () => false,
      onWarning: (warning) => warnings.push(warning),
    });
    const config = { ops: { conv: STATIC }, weightStorage: 'auto', samplingSize: 4 } as const;
    const never = (): Promise<never> => Promise.reject(new Error('a wrong provider is not asked for a score'));
    expect(await scoring.miss(int8.model, config, never)).toBeNull();
    expect(warnings).toMatchObject([
      { code: 'simulation-refused', message: expect.stringContaining('signless provider') },
    ]);
    expect(await scoring.miss(int8.model, config, never)).toBeNull();
    expect(warnings).toHaveLength(1);
  });

  it('refuses a provider that computes wrongly, by name', async () => {
    const files = await input('cpu');
    const int8 = await quantizeOnce(
      files,
      { pool: wasm, control: platform.control, clock: systemClock },
      () => undefined,
    );
    const { setup } = await openSession(files, platform, null);
    const check = (each: SessionPool) =>
      checkProvider(
        { provider: 'webgpu', pool: each, device: { name: 'the older provider', float16: false } },
        wasm,
        setup.feed,
        int8.model,
        setup.output,
        'float32',
      );
    const fault = await check(older).catch((thrown: unknown) => Fault.from(thrown));
    expect(fault).toMatchObject({ code: 'provider-wrong-result' });
    expect((fault as Fault).message).toContain('webgpu on the older provider');
    expect((fault as Fault).details.next).toContain('device: cpu');
  });
});
