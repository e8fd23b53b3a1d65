import { toBinary } from '@bufbuild/protobuf';
import { encode as encodePng } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { npy } from '../../tests/cli/npz.ts';
import type { ArrayChoice, ArrayTable } from '../base/array-choice.ts';
import type { Tensor } from '../base/tensor.ts';
import { TensorProtoSchema } from '../onnx/proto/onnx_pb.ts';
import { writeTensor } from '../onnx/tensor-proto.ts';
import type { InputSpec, SourceFile } from './dataset.ts';
import { listArrays } from './open-columns.ts';
import { openDataset } from './open-dataset.ts';
import { example, recordFile } from './testing/record-file.ts';

/** A text model as exporters write it: token ids, and which of them count. */
const TEXT: readonly InputSpec[] = [
  { name: 'input_ids', type: 'int64', dims: [null, 3] },
  { name: 'attention_mask', type: 'int64', dims: [null, 3] },
];
const IDS = [5, 6, 0, 7, 8, 9];
const MASK = [1, 1, 0, 1, 1, 1];

const file = (path: string, content: Uint8Array | string): SourceFile => ({
  path,
  blob: new Blob([content as Uint8Array<ArrayBuffer>]),
});
const int64 = (values: readonly number[]): BigInt64Array<ArrayBuffer> => BigInt64Array.from(values, BigInt);
const rows = (values: readonly number[]): Uint8Array => npy([2, 3], int64(values));
const classes = (...values: number[]): Uint8Array => npy([values.length], int64(values));

interface Read {
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly labels: readonly number[];
  readonly warnings: readonly string[];
}

async function read(
  files: readonly SourceFile[],
  arrays?: ArrayChoice,
  inputs = TEXT,
  labels: 'required' | 'optional' = 'required',
): Promise<Read> {
  const dataset = await openDataset(files, { inputs, labels, ...(arrays && { arrays }) });
  const batch = await dataset.read(0, dataset.count);
  const numbers = (tensor: Tensor | undefined): number[] => Array.from(tensor?.data ?? [], Number);
  return {
    inputs: Object.fromEntries(Object.entries(batch.inputs).map(([name, tensor]) => [name, numbers(tensor)])),
    labels: numbers(batch.labels),
    warnings: dataset.warnings,
  };
}

function table(files: readonly SourceFile[], arrays?: ArrayChoice, inputs = TEXT): Promise<ArrayTable> {
  return listArrays(files, { inputs, needsLabels: false, ...(arrays && { arrays }) });
}

const expected = { inputs: { input_ids: IDS, attention_mask: MASK }, labels: [1, 0] };
const swapped = { input_ids: MASK, attention_mask: IDS };

describe('npy files, one for each input', () => {
  it('feed the inputs of their names, whatever folder they lie in', async () => {
    const files = [
      file('d/attention_mask.npy', rows(MASK)),
      file('d/input_ids.npy', rows(IDS)),
      file('d/labels.npy', classes(1, 0)),
    ];
    expect(await read(files)).toEqual({ ...expected, warnings: [] });
    const choice = { inputs: { input_ids: 'attention_mask', attention_mask: 'input_ids' } };
    expect((await read(files, choice)).inputs).toEqual(swapped);
  });

  it('may say in their names which split they are of', async () => {
    const files = [
      file('input_ids_test.npy', rows(IDS)),
      file('attention_mask_test.npy', rows(MASK)),
      file('y_test.npy', classes(1, 0)),
    ];
    expect(await read(files)).toMatchObject(expected);
    expect(await table(files)).toMatchObject({
      inputs: { input_ids: 'input_ids_test', attention_mask: 'attention_mask_test' },
      labels: 'y_test',
    });
    const single: InputSpec[] = [{ name: 'pixels', type: 'int64', dims: [null, 3] }];
    const usual = [file('x_val.npy', rows(IDS)), file('y_val.npy', classes(1, 0))];
    expect(await read(usual, undefined, single)).toMatchObject({ inputs: { pixels: IDS }, labels: [1, 0] });
  });

  it('are chosen by the names of one split and found by those of the other', async () => {
    const choice = { inputs: { input_ids: 'test-tokens', attention_mask: 'test-seen' }, labels: 'test-truth' };
    const splits = (split: string): SourceFile[] => [
      file(`${split}-tokens.npy`, rows(IDS)),
      file(`${split}-seen.npy`, rows(MASK)),
      file(`${split}-truth.npy`, classes(1, 0)),
    ];
    expect(await read(splits('test'), choice)).toMatchObject(expected);
    expect(await read(splits('train'), choice, TEXT, 'optional')).toMatchObject(expected);
  });

  it('of two splits at once are not guessed between', async () => {
    const files = ['train', 'test'].map((split) => file(`x_${split}.npy`, rows(IDS)));
    const single: InputSpec[] = [{ name: 'x', type: 'int64', dims: [null, 3] }];
    await expect(read(files, undefined, single, 'optional')).rejects.toMatchObject({ code: 'data-input-mismatch' });
    expect((await read(files, { inputs: { x: 'x_test' } }, single, 'optional')).inputs).toEqual({ x: IDS });
  });
});

describe('an array chosen for one input', () => {
  const files = [file('input_ids.npy', rows(IDS)), file('attention_mask.npy', rows(MASK))];

  it('is not taken for another by its name', async () => {
    const choice = { inputs: { input_ids: 'attention_mask' } };
    await expect(read(files, choice, TEXT, 'optional')).rejects.toMatchObject({
      code: 'data-input-mismatch',
      details: {
        place: 'attention_mask',
        message: expect.stringContaining('attention_mask feeds input_ids'),
      },
    });
    expect((await table(files, choice)).inputs).toEqual({ input_ids: 'attention_mask', attention_mask: null });
  });

  it('is not taken for the labels, nor the labels for an input', async () => {
    const labels = { labels: 'attention_mask' };
    await expect(read(files, labels)).rejects.toMatchObject({
      code: 'data-input-mismatch',
      details: { message: expect.stringContaining('attention_mask holds the labels') },
    });
    const named = [...files, file('y.npy', rows(MASK))];
    const choice = { inputs: { attention_mask: 'y' } };
    expect(await table(named, choice)).toMatchObject({ inputs: { attention_mask: 'y' }, labels: null });
  });

  it('feeds two where that is said of both', async () => {
    const choice = { inputs: { input_ids: 'input_ids', attention_mask: 'input_ids' } };
    expect((await read(files, choice, TEXT, 'optional')).inputs).toEqual({ input_ids: IDS, attention_mask: IDS });
  });
});

describe('tables with a field for each input', () => {
  const csv = file('eval.csv', 'tokens,seen,label\n"[5, 6, 0]","[1, 1, 0]",1\n"[7, 8, 9]","[1, 1, 1]",0\n');
  const jsonl = file(
    'eval.jsonl',
    [
      { attention_mask: [1, 1, 0], input_ids: [5, 6, 0], label: 1 },
      { attention_mask: [1, 1, 1], input_ids: [7, 8, 9], label: 0 },
    ]
      .map((line) => JSON.stringify(line))
      .join('\n'),
  );

  it('feed what the choice names, or what their names say', async () => {
    const choice = { inputs: { input_ids: 'tokens', attention_mask: 'seen' } };
    expect(await read([csv], choice)).toEqual({ ...expected, warnings: [] });
    expect(await read([jsonl])).toEqual({ ...expected, warnings: [] });
    const swap = { inputs: { input_ids: 'attention_mask', attention_mask: 'input_ids' } };
    expect((await read([jsonl], swap)).inputs).toEqual(swapped);
  });

  it('do not feed two inputs by accident', async () => {
    const choice = { inputs: { input_ids: 'attention_mask' } };
    await expect(read([jsonl], choice)).rejects.toMatchObject({
      code: 'data-input-mismatch',
      details: { place: 'attention_mask', found: 'attention_mask, input_ids, label' },
    });
  });

  it('have a column for each number of an input, in any order', async () => {
    const names = [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
    const text = `${names.map((number) => `a_${number}`).join()},b0,label\n${names.join()},0.5,1\n`;
    const inputs: InputSpec[] = [
      { name: 'a', type: 'float32', dims: [null, 12] },
      { name: 'b', type: 'float32', dims: [null, 1] },
    ];
    const found = await read([file('x.csv', text)], undefined, inputs);
    expect(found.inputs).toEqual({ a: names.toReversed(), b: [0.5] });
  });
});

describe('tf.Example records', () => {
  const records = (names: { ids: string; mask: string; label: string }, more = {}): SourceFile[] => {
    const all = [0, 1].map((row) =>
      example({
        [names.ids]: [...int64(IDS.slice(3 * row, 3 * row + 3))],
        [names.mask]: [...int64(MASK.slice(3 * row, 3 * row + 3))],
        [names.label]: [BigInt(1 - row)],
        ...more,
      }),
    );
    return [file('eval.tfrecord', recordFile(all))];
  };

  it('feed the inputs of their names', async () => {
    const files = records({ ids: 'input_ids', mask: 'attention_mask', label: 'label' });
    expect(await read(files)).toEqual({ ...expected, warnings: [] });
    const choice = { inputs: { input_ids: 'attention_mask', attention_mask: 'input_ids' } };
    expect((await read(files, choice)).inputs).toEqual(swapped);
  });

  it('feed what the choice names, labels included', async () => {
    const files = records({ ids: 'tokens', mask: 'seen', label: 'answer' });
    const found = await table(files);
    expect(found.arrays.map(({ name, words }) => [name, words])).toEqual([
      ['tokens', 'int64 [3]'],
      ['seen', 'int64 [3]'],
      ['answer', 'int64'],
    ]);
    const choice = { inputs: { input_ids: 'tokens', attention_mask: 'seen' }, labels: 'answer' };
    expect(await read(files, choice)).toEqual({ ...expected, warnings: [] });
    expect(await table(files, choice)).toMatchObject({ inputs: choice.inputs, labels: 'answer' });
  });

  it('keep the name of the feature that the labels are found in', async () => {
    const files = records({ ids: 'input_ids', mask: 'attention_mask', label: 'class' });
    expect(await table(files)).toMatchObject({ labels: 'class' });
    expect(await read(files, { labels: 'class' })).toMatchObject(expected);
  });

  it('take another feature for the labels, texts as well', async () => {
    const names = { ids: 'input_ids', mask: 'attention_mask', label: 'label' };
    const files = records(names, { species: ['owl'], second: [3n] });
    expect((await read(files, { labels: 'second' })).labels).toEqual([3, 3]);
    const found = await openDataset(files, { inputs: TEXT, labels: 'required', arrays: { labels: 'species' } });
    expect(found.classNames).toEqual(['owl']);
    const species = (await table(files)).arrays.find(({ name }) => name === 'species');
    expect(species).toMatchObject({ words: 'text', noLabels: null });
    expect(Object.keys(species?.unfit ?? {})).toEqual(['input_ids', 'attention_mask']);
  });

  it('have no shape: as many values as an input takes fit it', async () => {
    const inputs: InputSpec[] = [
      { name: 'left', type: 'float32', dims: [null, 2, 2] },
      { name: 'right', type: 'float32', dims: [null, 1, 2, 2] },
    ];
    const record = example({ a: Float32Array.of(1, 2, 3, 4), b: Float32Array.of(5, 6, 7, 8), c: [1n] });
    const files = [file('x.tfrecord', recordFile([record]))];
    const [a] = (await table(files, undefined, inputs)).arrays;
    expect(a?.unfit).toEqual({});
    const choice = { inputs: { left: 'b', right: 'a' } };
    expect((await read(files, choice, inputs, 'optional')).inputs).toEqual({ left: [5, 6, 7, 8], right: [1, 2, 3, 4] });
  });

  it('hold pictures under any name', async () => {
    const gray = (value: number): Uint8Array =>
      encodePng({ width: 2, height: 2, channels: 1, data: new Uint8Array(4).fill(value) });
    const record = example({ left_eye: [gray(51)], right_eye: [gray(255)], gaze: [2n], 'left_eye/width': [2n] });
    const files = [file('x.tfrecord', recordFile([record]))];
    const inputs: InputSpec[] = ['a', 'b'].map((name) => ({ name, type: 'float32', dims: [null, 1, 2, 2] }));
    expect((await table(files, undefined, inputs)).arrays.map(({ name, words }) => [name, words])).toEqual([
      ['left_eye', 'pictures'],
      ['right_eye', 'pictures'],
      ['gaze', 'int64'],
      ['left_eye/width', 'int64'],
    ]);
    const choice = { inputs: { a: 'right_eye', b: 'left_eye' }, labels: 'gaze' };
    expect(await read(files, choice, inputs)).toMatchObject({
      inputs: { a: [1, 1, 1, 1], b: Array<number>(4).fill(Math.fround(0.2)) },
      labels: [2],
    });
  });
});

describe('test cases of ONNX models', () => {
  const tensor = (name: string, values: readonly number[]): Uint8Array =>
    toBinary(TensorProtoSchema, writeTensor(name, { type: 'int64', dims: [1, values.length], data: int64(values) }));
  /** Two cases; `names` of the tensors in the order of their files. */
  const cases = (...names: readonly (readonly [string, string])[]): SourceFile[] =>
    names.flatMap(([first, second], i) => {
      const at = (values: readonly number[]): readonly number[] => values.slice(3 * i, 3 * i + 3);
      const holds = (name: string, other: readonly number[]): readonly number[] =>
        at(name === 'attention_mask' ? MASK : name === 'input_ids' ? IDS : other);
      return [
        file(`m/test_data_set_${i}/input_0.pb`, tensor(first, holds(first, IDS))),
        file(`m/test_data_set_${i}/input_1.pb`, tensor(second, holds(second, MASK))),
        file(`m/test_data_set_${i}/label_0.pb`, tensor('label', [1 - i])),
      ];
    });

  it.each([
    ['no names', cases(['', ''], ['', ''])],
    ['names that are none of the inputs', cases(['serving_a', 'serving_b'], ['serving_a', 'serving_b'])],
    ['names in another order', cases(['attention_mask', 'input_ids'], ['attention_mask', 'input_ids'])],
    ['another order in each case', cases(['attention_mask', 'input_ids'], ['input_ids', 'attention_mask'])],
    ['one name', cases(['input_ids', ''], ['input_ids', ''])],
  ])('with %s', async (_, files) => {
    expect((await read(files)).inputs).toEqual(expected.inputs);
  });

  it('with a name only where the number would say otherwise', async () => {
    const files = [
      file('test_data_set_0/input_0.pb', tensor('attention_mask', MASK.slice(0, 3))),
      file('test_data_set_0/input_1.pb', tensor('', IDS.slice(0, 3))),
    ];
    const found = await read(files, undefined, TEXT, 'optional');
    expect(found.inputs).toEqual({ input_ids: IDS.slice(0, 3), attention_mask: MASK.slice(0, 3) });
  });

  it('are chosen by the names of their files where tensors have none', async () => {
    const files = cases(['', ''], ['', '']);
    const found = await table(files);
    expect(found.inputs).toEqual({ input_ids: 'input_0.pb', attention_mask: 'input_1.pb' });
    const choice = { inputs: { input_ids: 'input_1.pb', attention_mask: 'input_0.pb' } };
    expect((await read(files, choice)).inputs).toEqual(swapped);
  });

  it('of which a model takes but the first tensor', async () => {
    const files = cases(['', ''], ['', '']);
    expect((await read(files, undefined, TEXT.slice(0, 1))).inputs).toEqual({ input_ids: IDS });
  });

  it('that lack an input are named', async () => {
    const files = cases(['input_ids', 'attention_mask'], ['input_ids', 'attention_mask']);
    const short = files.filter(({ path }) => path !== 'm/test_data_set_1/input_1.pb');
    await expect(read(short)).rejects.toMatchObject({
      code: 'data-input-mismatch',
      details: { place: 'm/test_data_set_1', message: expect.stringContaining('attention_mask') },
    });
  });

  it('of twelve inputs are listed in the order of their numbers', async () => {
    const inputs = Array.from({ length: 12 }, (_, i): InputSpec => ({ name: `x${i}`, type: 'int64', dims: [1, 1] }));
    const files = inputs.map((_, i) => file(`test_data_set_0/input_${i}.pb`, tensor('', [i])));
    const found = await read(files, undefined, inputs, 'optional');
    expect(Object.values(found.inputs)).toEqual(inputs.map((_, i) => [i]));
    const { arrays } = await table(files, undefined, inputs);
    expect(arrays.map(({ name }) => name)).toEqual(inputs.map((_, i) => `input_${i}.pb`));
  });
});
