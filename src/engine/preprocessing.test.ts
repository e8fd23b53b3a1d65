import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import type { SourceFile } from '../data/dataset.ts';
import { openDataset } from '../data/open-dataset.ts';
import { pictureFolder } from '../data/testing/picture-folder.ts';
import { preprocessingSentence, type Preprocessing } from '../history/preprocessing.ts';
import { decodeModel } from '../onnx/decode.ts';
import { encodeModel } from '../onnx/encode.ts';
import { NodeProtoSchema, TensorShapeProto_DimensionSchema as DimensionSchema } from '../onnx/proto/onnx_pb.ts';
import { floats } from '../onnx/tensor-proto.ts';
import { settingsToYaml } from '../tuning/config/parse.ts';
import { openData, openModel, openSettings, type OpenedModel } from './open-inputs.ts';
import { decidePreprocessing, withPreprocessing } from './preprocessing.ts';
import { inputs, platform } from './testing/lenet-session.ts';

const { pool, control } = platform;
const gray = await openModel(inputs.model, pool);
const given = await openDataset(inputs.evaluation, { inputs: gray.info.inputs });
const inputName = gray.info.inputs[0]?.name ?? '';

const decide = (
  opened: OpenedModel,
  files: readonly SourceFile[],
  more: Partial<Parameters<typeof decidePreprocessing>[0]> = {},
) =>
  decidePreprocessing({
    opened,
    files,
    calibration: [],
    needsLabels: false,
    settings: openSettings().settings,
    pool,
    control,
    onShare: () => undefined,
    ...more,
  });
const folder = await pictureFolder(given, inputName, 120);
const names = (found: Preprocessing | null): string[] | undefined => found?.transforms.map(({ name }) => name);

/** The model of the fixture behind a layer that undoes a normalization and reads the first of three colours. */
async function colourModel(mean: readonly number[], std: readonly number[]): Promise<OpenedModel> {
  const model = decodeModel(new Uint8Array(await (inputs.model[0] as SourceFile).blob.arrayBuffer()));
  const { graph } = model;
  if (!graph) throw new Error('no graph');
  const first = graph.input.find(({ name }) => name === inputName) as (typeof graph.input)[number];
  const colour = structuredClone(first);
  if (colour.type?.value.case === 'tensorType') {
    const { shape } = colour.type.value.value;
    if (shape) shape.dim[1] = create(DimensionSchema, { value: { case: 'dimValue', value: 3n } });
  }
  colour.name = 'colour';
  graph.input = graph.input.map((each) => (each === first ? colour : each));
  const weights = [1, 0, 0].map((pick, i) => (pick * (std[i] as number)) / 255);
  graph.initializer.push(floats('undo.w', weights, [1, 3, 1, 1]), floats('undo.b', [(mean[0] as number) / 255]));
  const undo = { opType: 'Conv', input: ['colour', 'undo.w', 'undo.b'], output: [inputName], name: 'undo' };
  graph.node.unshift(create(NodeProtoSchema, undo));
  return openModel([{ path: 'colour.onnx', blob: new Blob([encodeModel(model)]) }], pool);
}

describe('what the model was made for', () => {
  it('is found on labelled pictures, the same each time, with what else was tried', async () => {
    const found = await decide(gray, folder);
    expect(found).toMatchObject({ source: 'found', words: 'values from 0 to 1', labelShift: 0, isChance: false });
    expect(names(found)).toEqual(['Rescale', 'Transpose']);
    expect(found?.score).toBeGreaterThan(0.75);
    const scores = found?.runnersUp.map(({ score }) => score ?? NaN) ?? [];
    expect(scores.length).toBeGreaterThan(2);
    expect(Math.max(...scores)).toBeLessThanOrEqual(found?.score ?? 0);
    expect(await decide(gray, folder)).toEqual(found);
  });

  it('is found in colour: mean, deviation and order of ImageNet in BGR', async () => {
    const model = await colourModel([103.53, 116.28, 123.675], [57.375, 57.12, 58.395]);
    const blue = await pictureFolder(given, inputName, 120, (grays, side) => {
      const data = Uint8Array.from({ length: 3 * grays.length }, (_, i) =>
        i % 3 === 2 ? (grays[(i - 2) / 3] ?? 0) : (i * 37) % 256,
      );
      return { width: side, height: side, channels: 3, data };
    });
    const found = await decide(model, blue);
    expect(found).toMatchObject({ source: 'found', words: 'ImageNet mean and deviation, BGR' });
    expect(names(found)).toEqual(['ReverseChannels', 'Normalize', 'Transpose']);
  });

  it('is found for sizes: the middle of wide pictures', async () => {
    const wide = await pictureFolder(given, inputName, 120, (grays, side) => {
      const width = side + 16;
      const data = Uint8Array.from({ length: width * side }, (_, i) => {
        const x = (i % width) - 8;
        return x < 0 || x >= side ? 255 : (grays[Math.floor(i / width) * side + x] ?? 0);
      });
      return { width, height: side, channels: 1, data };
    });
    const found = await decide(gray, wide);
    expect(found?.words).toBe('values from 0 to 1, shorter side to 28, middle 28 × 28');
    expect(found?.score).toBeGreaterThan(0.75);
    expect(found?.runnersUp.some(({ words }) => words.includes('stretched'))).toBe(true);
  });

  it('is found for labels that count from 1', async () => {
    const rows = folder.map(({ path }) => `${path.split('/')[2]},${Number(path.split('/')[1]) + 1}`);
    const table = { path: 'photos/labels.csv', blob: new Blob([['file,label', ...rows].join('\n')]) };
    const found = await decide(gray, [
      ...folder.map(({ path, blob }) => ({ path: `photos/${path.split('/')[2]}`, blob })),
      table,
    ]);
    expect(found).toMatchObject({ source: 'found', labelShift: 1 });
    expect(found?.score).toBeGreaterThan(0.75);
  });

  it('includes the order of classes, where their names sort otherwise', async () => {
    const CLOTHES = 'T-shirt Trouser Pullover Dress Coat Sandal Shirt Sneaker Bag Boot'.split(' ');
    const renamed = folder.map(({ path, blob }) => {
      const [, label, name] = path.split('/');
      return { path: `photos/${CLOTHES[Number(label)]}/${name}`, blob };
    });
    const found = (await decide(gray, renamed)) as Preprocessing;
    expect(found).toMatchObject({ source: 'found', words: 'values from 0 to 1', isChance: false });
    expect(found.score).toBeGreaterThan(0.75);
    expect(found.classOrder?.names).toEqual(CLOTHES);
    expect(found.classOrder?.sortedShare).toBeLessThan(0.4);
    expect(preprocessingSentence(found)).toContain('0 T-shirt, 1 Trouser, 2 Pullover, 3 Dress and 6 more');

    // The YAML of the result says it to the next run.
    const { settings } = openSettings();
    const yaml = settingsToYaml(withPreprocessing(settings, found));
    const again = openSettings({ text: yaml, fileName: 'tune.yaml' }).settings;
    const { evaluation } = await openData({ evaluation: renamed, calibration: [] }, gray.info.inputs, again);
    expect(evaluation.classNames).toEqual(CLOTHES);
    const { labels } = await evaluation.read(0, 1);
    expect(evaluation.warnings).toEqual([]);
    expect(labels?.data).toHaveLength(1);
  });

  it('is the order of classes alone, where values are the model’s own already', async () => {
    const { inputs: read, labels } = await given.read(0, 120);
    const values = read[inputName]?.data as Float32Array;
    const size = values.length / 120;
    const rows = Array.from({ length: 120 }, (_, i) => {
      const label = `class-${9 - Number(labels?.data[i])}`;
      return JSON.stringify({ [inputName]: [...values.subarray(i * size, (i + 1) * size)], label });
    });
    const files = [{ path: 'rows.jsonl', blob: new Blob([rows.join('\n')]) }];
    const found = (await decide(gray, files)) as Preprocessing;
    expect(found).toMatchObject({ source: 'found', words: 'samples as they are', transforms: [] });
    expect(found.classOrder?.names.slice(0, 2)).toEqual(['class-9', 'class-8']);
    const settings = withPreprocessing(openSettings().settings, found);
    const { evaluation } = await openData({ evaluation: files, calibration: [] }, gray.info.inputs, settings);
    expect(evaluation.classNames?.[9]).toBe('class-0');
  });

  it('does not make up an order of classes: sorted names that fit stay, a list goes before, wrong labels stay wrong', async () => {
    const named = (nameOf: (label: number, i: number) => string) =>
      folder.map(({ path, blob }, i) => {
        const [, label, name] = path.split('/');
        return { path: `photos/${nameOf(Number(label), i)}/${name}`, blob };
      });
    const sorted = await decide(
      gray,
      named((label) => `class-${label}`),
    );
    expect(sorted?.classOrder).toBeUndefined();
    const backwards = named((label) => `class-${9 - label}`);
    expect((await decide(gray, backwards))?.classOrder?.names[0]).toBe('class-9');
    const lines = Array.from({ length: 10 }, (_, k) => `class-${k}`).join('\n');
    const list = { path: 'photos/labels.txt', blob: new Blob([lines]) };
    const listed = await decide(gray, [...backwards, list]);
    expect(listed?.classOrder).toBeUndefined();
    const shuffled = await decide(
      gray,
      named((_, i) => `class-${(i * 7) % 10}`),
    );
    expect(shuffled?.classOrder).toBeUndefined();
    expect(shuffled?.isChance).toBe(true);
  });

  it('is assumed without labels, and said to be', async () => {
    const flat = folder.map(({ path, blob }) => ({ path: `photos/${path.split('/')[2]}`, blob }));
    const assumed = await decide(gray, flat);
    expect(assumed).toMatchObject({ source: 'assumed', words: 'values from 0 to 1', score: null });
    expect(preprocessingSentence(assumed as Preprocessing)).toContain('compared with the float model');
  });

  it.each([
    ['bytes, channels last', 'uint8', 255, 'values from 0 to 1', ['Rescale', 'Transpose']],
    ['floats of bytes', 'float32', 255, 'values from 0 to 1', ['Rescale', 'Transpose']],
    ['values that are ready, channels last', 'float32', 1, 'values as they are, channels put first', ['Transpose']],
  ])('is found for arrays: %s', async (_, type, scale, words, steps) => {
    const { inputs: read, labels } = await given.read(0, 120);
    const values = read[inputName]?.data as Float32Array;
    const scaled = values.map((value) => (scale === 1 ? value : Math.round(scale * value)));
    const data = type === 'uint8' ? Uint8Array.from(scaled) : Float32Array.from(scaled);
    const files = [
      { path: `x_${type}_120x28x28x1.bin`, blob: new Blob([data]) },
      { path: 'labels.bin', blob: new Blob([Uint8Array.from(labels?.data as BigInt64Array, Number)]) },
    ];
    const found = await decide(gray, files);
    expect(found).toMatchObject({ source: scale === 1 ? 'by shape' : 'found', words });
    expect(names(found)).toEqual(steps);
  });

  it('says when nothing is better than guessing', async () => {
    const wrong = folder.map(({ path, blob }, i) => ({ path: `photos/${(i * 7) % 10}/${path.split('/')[2]}`, blob }));
    expect(await decide(gray, wrong)).toMatchObject({ source: 'found', isChance: true });
  });

  it('is left to the configuration that states it, to the user, and to arrays that fit', async () => {
    const text = 'evaluation: {accuracy: {dataloader: {transform: {Rescale: {}, Transpose: {perm: [2, 0, 1]}}}}}';
    const { settings } = openSettings({ text, fileName: 'a.yaml' });
    expect(await decide(gray, folder, { settings })).toBeNull();
    expect(await decide(gray, inputs.evaluation)).toBeNull();
    const chosen = { ...((await decide(gray, folder)) as Preprocessing), source: 'chosen' as const };
    expect(await decide(gray, folder, { chosen })).toEqual(chosen);
    const broken = { ...chosen, transforms: [{ name: 'Resize', options: { size: 'big' } }] };
    await expect(decide(gray, folder, { chosen: broken })).rejects.toMatchObject({ code: 'config-invalid-value' });
  });

  it('stands in the settings, apart for calibration arrays that are ready', async () => {
    const found = await decide(gray, folder, { calibration: inputs.calibration });
    const settings = withPreprocessing(openSettings().settings, found);
    expect(settings.evaluation.accuracy.dataloader?.transform.map(({ name }) => name)).toEqual([
      'Rescale',
      'Transpose',
    ]);
    expect(settings.quantization.calibration.dataloader?.transform.map(({ name }) => name)).toEqual(['Cast']);
    const again = openSettings({ text: settingsToYaml(settings), fileName: 'again.yaml' }).settings;
    expect(again.evaluation.accuracy.dataloader).toEqual(settings.evaluation.accuracy.dataloader);
    const data = await openData({ evaluation: folder, calibration: inputs.calibration }, gray.info.inputs, again);
    const plain = await openDataset(inputs.calibration, { inputs: gray.info.inputs });
    expect((await data.calibration.read(3, 2)).inputs).toEqual((await plain.read(3, 2)).inputs);
  });
});
