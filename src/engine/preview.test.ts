import { expect, it } from 'vitest';
import { npy, npz } from '../../tests/cli/npz.ts';
import { tokenModel } from '../../tests/fixtures/two-inputs.ts';
import { openDataset } from '../data/open-dataset.ts';
import { pictureFolder } from '../data/testing/picture-folder.ts';
import { previewData } from './preview.ts';
import { inputs, platform } from './testing/lenet-session.ts';

const image = [{ name: 'image', type: 'float32', dims: [null, 1, 28, 28] }] as const;
const arrays = await openDataset(inputs.evaluation, { inputs: image });
const evaluation = await pictureFolder(arrays, 'image', 80);
const show = (more: Partial<Parameters<typeof previewData>[0]> = {}) =>
  previewData({ model: inputs.model, calibration: [], evaluation, ...more }, { ...platform, onShare: () => undefined });

it('shows pictures as the model gets them, scaled back, with label and answer', async () => {
  const preview = await show();
  expect(preview.inputs).toMatchObject([{ name: 'image', dims: [null, 1, 28, 28], from: 'images' }]);
  expect(preview).toMatchObject({ samples: 80, hasLabels: true, isStated: false, preprocessing: { source: 'found' } });
  expect(preview.classNames).toHaveLength(10);
  expect(preview.range[0]).toBe(0);
  expect(preview.range[1]).toBeGreaterThan(0.9);
  expect(preview.shown).toHaveLength(8);
  const right = preview.shown.filter(({ label, answer }) => label === answer);
  expect(right.length).toBeGreaterThan(4);
  const [first] = preview.shown;
  const { inputs: read } = await (await openDataset(evaluation, { inputs: image })).read(first?.number ?? 0, 1);
  const grays = Array.from(read['image']?.data as Float32Array, (value) => Math.round(255 * value));
  expect(Array.from(first?.inputs[0]?.picture?.rgba ?? []).filter((_, i) => i % 4 === 1)).toEqual(grays);
});

it('looks the same under another scaling, and says other numbers', async () => {
  const before = await show();
  const after = await show({
    ...(before.preprocessing && { preprocessing: before.preprocessing }),
    edited: { text: 'Normalize: {mean: [33.3285], std: [78.5655]}\n\nTranspose: {perm: [2, 0, 1]}', labelShift: 0 },
  });
  expect(after.preprocessing).toMatchObject({ source: 'chosen', words: 'Normalize, Transpose', samples: 48 });
  expect(after.preprocessing?.score).toBeLessThan(before.preprocessing?.score ?? 0);
  expect(after.preprocessing?.runnersUp[0]?.words).toBe('values from 0 to 1');
  expect(after.range[0]).toBeCloseTo(-33.3285 / 78.5655, 5);
  expect(after.shown[3]?.inputs).toMatchObject([{ picture: before.shown[3]?.inputs[0]?.picture }]);
});

it('names the line of a transform that cannot be read', async () => {
  const broken = show({ edited: { text: 'Rescale: {}\nNormalise: {mean: [0]}', labelShift: 0 } });
  await expect(broken).rejects.toMatchObject({
    code: 'config-unknown-key',
    details: { place: expect.stringContaining('line 2') },
  });
});

it('shows arrays that fit as they are', async () => {
  const preview = await show({ evaluation: inputs.evaluation });
  expect(preview).toMatchObject({ preprocessing: null, samples: 300, inputs: [{ from: 'image' }] });
  expect(preview.shown[0]?.inputs[0]?.picture).toMatchObject({ width: 28, height: 28 });
});

it('shows what each of several inputs gets, as chosen', async () => {
  const { model, feeds, labels } = await tokenModel(20);
  const { input_ids: ids, attention_mask: mask } = feeds;
  const bytes = await npz({ a: npy(mask!.dims, mask!.data), b: npy(ids!.dims, ids!.data), y: npy([20], labels) });
  const preview = await show({
    model: [{ path: 'tokens.onnx', blob: new Blob([model]) }],
    evaluation: [{ path: 'eval.npz', blob: new Blob([bytes]) }],
    arrays: { inputs: { input_ids: 'b', attention_mask: 'a' } },
  });
  expect(preview.range).toEqual([0, 49]);
  expect(preview.shown.map(({ label, answer }) => label === answer)).not.toContain(false);
  const [{ number = 0, inputs: seen = [] } = {}] = preview.shown;
  const row = (data: ArrayLike<number | bigint>): number[] =>
    Array.from(data, Number).slice(6 * number, 6 * number + 6);
  expect(seen).toEqual([
    { name: 'input_ids', picture: null, values: row(ids!.data), hasMore: false },
    { name: 'attention_mask', picture: null, values: row(mask!.data), hasMore: false },
  ]);
});
