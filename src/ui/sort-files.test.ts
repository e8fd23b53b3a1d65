import { expect, it } from 'vitest';
import { placedWords } from './slot-labels.ts';
import { EMPTY_SLOTS, groupFiles, sortFiles, type Slots } from './sort-files.ts';

function file(path: string): { path: string; blob: Blob } {
  return { path, blob: new Blob(['12345']) };
}

function sorted(slots: Slots, ...paths: string[]): Record<string, string[]> {
  const result = sortFiles(slots, paths.map(file));
  const placed = Object.entries(result.slots).map(([slot, files]) => [slot, files.map(({ path }) => path)]);
  return { ...(Object.fromEntries(placed) as Record<string, string[]>), aside: [...result.aside] };
}

it.each([
  ['calib.npz', 'calibration'],
  ['train-images-idx3-ubyte.gz', 'calibration'],
  ['calibration/shoes/12.png', 'calibration'],
  ['eval.npz', 'evaluation'],
  ['imagenet/val/n01440764/1.jpeg', 'evaluation'],
  ['t10k-images-idx3-ubyte.gz', 'evaluation'],
  ['data/test_images.zip', 'evaluation'],
  ['latest.npz', 'evaluation'],
  ['net.onnx', 'model'],
  ['net.tflite', 'model'],
  ['m/test_data_set_0/input_0.pb', 'evaluation'],
  ['frozen.pb', 'model'],
  ['rows.jsonl', 'evaluation'],
  ['set/classes.json', 'evaluation'],
  ['tune.yml', 'config'],
  ['mine.mjs', 'strategy'],
  ['mine.js', 'strategy'],
])('puts %s to %s', (path, slot) => {
  expect(sorted(EMPTY_SLOTS, path)[slot]).toEqual([path]);
});

it('takes data without a hint for what is missing', () => {
  const first = sortFiles(EMPTY_SLOTS, [file('digits.npz')]).slots;
  expect(first.evaluation.map(({ path }) => path)).toEqual(['digits.npz']);
  expect(sorted(first, 'more.npz')['calibration']).toEqual(['more.npz']);
});

it('keeps weights beside their model, and takes them for data without one', () => {
  expect(sorted(EMPTY_SLOTS, 'm/model.onnx', 'm/model.onnx.data')['model']).toEqual([
    'm/model.onnx',
    'm/model.onnx.data',
  ]);
  expect(sorted(EMPTY_SLOTS, 'rows.bin')['evaluation']).toEqual(['rows.bin']);
  const arrays = sorted(EMPTY_SLOTS, 'm.onnx', 'weights.bin', 'x_uint8_9x28x28.bin', 'labels.bin', 'calib/x.bin');
  expect(arrays).toMatchObject({
    model: ['m.onnx', 'weights.bin'],
    evaluation: ['x_uint8_9x28x28.bin', 'labels.bin'],
    calibration: ['calib/x.bin'],
  });
});

it('takes raw numbers for data, where a file beside states their shape or labels come with them', () => {
  const withModel = sortFiles(EMPTY_SLOTS, [file('net.onnx')]).slots;
  expect(sorted(withModel, 'image.bin', 'image.json', 'labels.bin')).toMatchObject({
    model: ['net.onnx'],
    evaluation: ['image.bin', 'image.json', 'labels.bin'],
    aside: [],
  });
  expect(sorted(withModel, 'image.bin', 'image-labels.bin')['evaluation']).toHaveLength(2);
  expect(sorted(withModel, 'net.bin')['model']).toEqual(['net.onnx', 'net.bin']);
  expect(sorted(EMPTY_SLOTS, 'net.onnx', 'net.bin', 'labels.bin')['model']).toEqual(['net.onnx', 'net.bin']);
});

it('takes files without an ending in the folder of a model for its weights, unless they say that they are data', () => {
  const weights = ['m/onnx__MatMul_12', 'm/encoder_weights'];
  const data = ['m/t10k-labels-idx1-ubyte', 'm/test_batch'];
  const found = sorted(EMPTY_SLOTS, 'm/model.onnx', ...weights, ...data);
  expect(found).toMatchObject({ model: ['m/model.onnx', ...weights], evaluation: data });
  expect(sorted(EMPTY_SLOTS, 'model.onnx', 'rows')['evaluation']).toEqual(['rows']);
});

it('replaces model and configuration, and data of the same path', () => {
  const slots = sortFiles(EMPTY_SLOTS, ['a.onnx', 'a.yaml', 'eval.npz'].map(file)).slots;
  const again = sorted(slots, 'b.onnx', 'b.yaml', 'eval.npz');
  expect(again).toMatchObject({ model: ['b.onnx'], config: ['b.yaml'], evaluation: ['eval.npz'] });
});

it('puts documents aside, names them, and drops the clutter of file managers', () => {
  const result = sorted(
    EMPTY_SLOTS,
    'd/README.md',
    'd/eval.npz',
    'd/case.json',
    'd/.DS_Store',
    '__MACOSX/d/._eval.npz',
  );
  expect(result).toMatchObject({ evaluation: ['d/eval.npz'], aside: ['README.md', 'case.json'] });
  expect(sorted(EMPTY_SLOTS, 'notes.md')['evaluation']).toEqual(['notes.md']);
});

it('groups files by their outermost folder', () => {
  const groups = groupFiles(['a/1.png', 'a/b/2.png', 'c.npz', 'd/e.npz'].map(file));
  expect(groups.map(({ name, files, sizeBytes }) => [name, files.length, sizeBytes])).toEqual([
    ['a/', 2, 10],
    ['c.npz', 1, 5],
    ['e.npz', 1, 5],
  ]);
});

it('says what dropped files were taken for', () => {
  const dropped = ['net.onnx', 'photos/cat/1.png', 'photos/dog/2.png', 'calib.npz'].map(file);
  const { slots } = sortFiles(EMPTY_SLOTS, dropped);
  expect(placedWords(slots, dropped)).toBe('net.onnx: Model; photos/: Evaluation data; calib.npz: Calibration data');
});
