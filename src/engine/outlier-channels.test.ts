import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { SourceFile } from '../base/source-file.ts';
import type { TuneConfig } from '../tuning/types.ts';
import { quantizeOnce } from './quantize.ts';
import { rebuildModel } from './rebuild.ts';
import { sensitivityOf } from '../history/sensitivity.ts';
import { MemoryStore, platform } from './testing/lenet-session.ts';
import { tune } from './tune.ts';

/** A vision transformer, three channels of which are loud in front of six of its products. */
const demo = (name: string): SourceFile => ({
  path: name,
  blob: new Blob([readFileSync(new URL(`../../public/demo/${name}`, import.meta.url))]),
});
/** Scores are shares of these few samples on which a model agrees with the float one. */
const inputs = { model: [demo('model.onnx')], calibration: [demo('calib.npz')], evaluation: [demo('calib.npz')] };

function yaml(outliers: string, smooth = 'false', tuning = ''): { text: string; fileName: string } {
  const text = `
model: {framework: onnxrt_qdq}
quantization:
  calibration: {sampling_size: 40}
  model_wise:
    weight: {dtype: int8, granularity: per_channel}
    activation: {dtype: uint8, algorithm: minmax}
  recipes:
    smooth_quant: ${smooth}
    equalization: false
    fast_bias_correction: false
    weight_clip: false
    outlier_channels: ${outliers}
evaluation: {accuracy: {metric: {agreement: {}}}}
${tuning}`;
  return { text, fileName: 'tune.yaml' };
}

const known = new Map<string, ReturnType<typeof quantizeOnce>>();

function made(outliers: string, smooth = 'false'): ReturnType<typeof quantizeOnce> {
  const config = yaml(outliers, smooth);
  const model = known.get(config.text) ?? quantizeOnce({ ...inputs, config }, platform, () => undefined);
  known.set(config.text, model);
  return model;
}

async function tuned(config: ReturnType<typeof yaml>, more: object = {}, store = new MemoryStore()) {
  const result = await tune(
    { ...inputs, config, ...more },
    { ...platform, store, startedAt: '2026-01-01T00:00:00Z', emit: () => undefined },
  );
  return { ...result, store };
}

describe('outlier channels, from YAML to model', () => {
  it('are split off from six products, all of which stay in int8', async () => {
    const [off, on] = [await made('false'), await made('true')];
    const int8 = ({ ops }: typeof on): string[] =>
      ops.filter(({ precision }) => precision === 'int8').map(({ name }) => name);
    expect(int8(on)).toEqual(int8(off));
    const split = on.ops.filter(({ reason }) => reason === '3 loud channels of its input are split off to float');
    expect(split).toHaveLength(6);
  });

  it('probes find it where nothing else may help, and it changes nothing behind SmoothQuant', async () => {
    const on = await made('true');
    expect((await made('auto')).model).toEqual(on.model);
    const [smooth, both] = [await made('false', 'true'), await made('true', 'true')];
    expect(both.model).toEqual(smooth.model);
  });
});

describe('a tuning', () => {
  const basic = 'tuning: {strategy: {name: basic}, exit_policy: {performance_only: true}}';

  it('puts them into recipe.json and the pinned YAML: both give the offered model byte for byte', async () => {
    const { offer } = await tuned(yaml('true', 'false', basic));
    const recipe = JSON.parse(JSON.stringify(offer?.recipe)) as NonNullable<typeof offer>['recipe'];
    expect(recipe.config).toMatchObject({ outlierChannels: true });
    expect(Object.values(recipe.outliers ?? {}).map(({ channels }) => channels.length)).toEqual(new Array(6).fill(3));
    expect(await rebuildModel(recipe, inputs.model)).toEqual(offer?.model);
    const pinned = { text: offer?.yaml ?? '', fileName: 'tune-config.yaml' };
    expect(pinned.text).toContain('outlier_channels: true');
    expect((await quantizeOnce({ ...inputs, config: pinned }, platform, () => undefined)).model).toEqual(offer?.model);
  });

  it('diagnoses them where SmoothQuant is switched off, and its move gives the accuracy back', async () => {
    const store = new MemoryStore();
    const config = yaml('auto', 'false', 'tuning: {strategy: {name: basic}, exit_policy: {max_trials: 1}}');
    await tuned(config, {}, store);
    const { record } = await tuned(config, { sensitivity: true }, store);
    const finding = sensitivityOf(record)?.findings?.find(({ kind }) => kind === 'unsmoothed-channels');
    expect(finding?.move).toEqual({ kind: 'outlier-channels' });
    const { record: after } = await tuned(config, { move: finding?.move }, store);
    const added = after.trials.at(-1)!;
    const { outlierChannels }: TuneConfig = added.config;
    expect([outlierChannels, added.byHand, added.stage]).toEqual([true, true, 'outlier channels split off by you']);
    expect(record.trials.at(-1)?.score).toBeLessThan(0.85);
    expect(added.score).toBeGreaterThan(0.96);
  });
});
