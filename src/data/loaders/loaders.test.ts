import { toBinary } from '@bufbuild/protobuf';
import { encode as encodePng } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { bytesOf, type Tensor } from '../../base/tensor.ts';
import { TensorProtoSchema } from '../../onnx/proto/onnx_pb.ts';
import { writeTensor } from '../../onnx/tensor-proto.ts';
import type { Dataset, InputSpec, SourceFile } from '../dataset.ts';
import { openDataset, type OpenOptions } from '../open-dataset.ts';
import { example, recordFile } from '../testing/record-file.ts';

const file = (path: string, content: Uint8Array | string): SourceFile => ({
  path,
  blob: new Blob([content as Uint8Array<ArrayBuffer>]),
});
const input = (name: string, dims: (number | null)[], type: InputSpec['type'] = 'float32'): InputSpec => ({
  name,
  type,
  dims,
});
const open = (files: SourceFile[], inputs: InputSpec[], more: Partial<OpenOptions> = {}): Promise<Dataset> =>
  openDataset(files, { inputs, labels: 'required', ...more });
const numbers = (tensor: Tensor | undefined): number[] => [...(tensor?.data ?? [])].map(Number);
async function all(dataset: Dataset): Promise<{ inputs: Record<string, number[]>; labels: number[] }> {
  const { inputs, labels } = await dataset.read(0, dataset.count);
  const read = Object.entries(inputs).map(([name, tensor]) => [name, numbers(tensor)]);
  return { inputs: Object.fromEntries(read) as Record<string, number[]>, labels: numbers(labels) };
}

const gray = (value: number): Uint8Array =>
  encodePng({ width: 2, height: 2, channels: 1, data: new Uint8Array(4).fill(value) });
const tensorFile = (name: string, tensor: Tensor): Uint8Array => toBinary(TensorProtoSchema, writeTensor(name, tensor));
const f32 = (dims: number[], ...values: number[]): Tensor => ({
  type: 'float32',
  dims,
  data: Float32Array.from(values),
});

describe('TFRecord', () => {
  const records = [
    example({ 'image/encoded': [gray(51)], 'image/class/label': [7n], 'image/format': ['png'] }),
    example({ 'image/encoded': [gray(255)], 'image/class/label': [-1n], 'image/format': ['png'] }),
  ];

  it('reads encoded pictures and labels, whatever the file is called', async () => {
    const dataset = await open([file('val-00000-of-00001', recordFile(records))], [input('x', [null, 1, 2, 2])]);
    const { inputs, labels } = await all(dataset);
    expect(inputs['x']).toEqual([0.2, 0.2, 0.2, 0.2, 1, 1, 1, 1].map(Math.fround));
    expect(labels).toEqual([7, -1]);
  });

  it('reads raw bytes of the size beside them, and names of classes', async () => {
    const raw = [1, 2].map((value) =>
      example({
        image_raw: [new Uint8Array(10).fill(value)],
        height: [5n],
        width: [2n],
        label: [value === 1 ? 'dog' : 'cat'],
      }),
    );
    const dataset = await open([file('a.tfrecord', recordFile(raw))], [input('x', [null, 5, 2, 1], 'uint8')]);
    expect(await all(dataset)).toEqual({
      inputs: { x: [...Array<number>(10).fill(1), ...Array<number>(10).fill(2)] },
      labels: [1, 0],
    });
    expect(dataset.classNames).toEqual(['cat', 'dog']);
  });

  it('reads lists of numbers for the inputs of their names', async () => {
    const rows = [0, 1].map((row) => example({ ids: [BigInt(row), 5n], scale: Float32Array.of(row / 2), label: [1n] }));
    const inputs = [input('ids', [null, 2], 'int64'), input('scale', [null, 1])];
    expect((await all(await open([file('x.tfrecord', recordFile(rows))], inputs))).inputs).toEqual({
      ids: [0, 5, 1, 5],
      scale: [0, 0.5],
    });
  });

  it.each([
    ['data-truncated', 'a cut-off record', recordFile(records).slice(0, -6), undefined],
    ['data-unreadable', 'a flipped bit in the data', flipped(recordFile(records), 40), 'record 0'],
    [
      'data-unreadable',
      'bytes that are no record after the first',
      flipped(recordFile(records), recordFile(records.slice(0, 1)).length),
      'record 1',
    ],
  ])('%s for %s', async (code, _, bytes, place) => {
    const opened = open([file('a.tfrecord', bytes)], [input('x', [null, 1, 2, 2])]);
    await expect(opened).rejects.toMatchObject({
      code,
      details: { file: 'a.tfrecord', place: expect.stringContaining(place ?? 'record') },
    });
  });
});

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const out = bytes.slice();
  out[at] = (out[at] ?? 0) ^ 1;
  return out;
}

describe('test cases of ONNX models', () => {
  const inputs = [input('a', [null, 2]), input('b', [null], 'int64')];

  it('stacks the cases in the order of their numbers, inputs by number or name', async () => {
    const files = [10, 9].flatMap((number) => [
      file(`m/test_data_set_${number}/input_0.pb`, tensorFile('', f32([1, 2], number, 0.5))),
      file(
        `m/test_data_set_${number}/input_1.pb`,
        tensorFile('b', { type: 'int64', dims: [1], data: BigInt64Array.of(-3n) }),
      ),
      file(`m/test_data_set_${number}/output_0.pb`, tensorFile('y', f32([1, 2], 1, 2))),
    ]);
    const dataset = await open(files, inputs, { labels: 'optional' });
    expect((await all(dataset)).inputs).toEqual({ a: [9, 0.5, 10, 0.5], b: [-3, -3] });
    expect([dataset.hasLabels, dataset.warnings.length]).toEqual([false, 1]);
  });

  it('reads typed fields as other writers leave them', async () => {
    // dims: 2, element type int64, int64_data: [1, -1] packed.
    const packed = [8, 2, 16, 7, 58, 11, 1, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
    const dataset = await open([file('input_0.pb', Uint8Array.from(packed))], [input('b', [null], 'int64')], {
      labels: 'optional',
    });
    expect((await all(dataset)).inputs).toEqual({ b: [1, -1] });
  });

  it('names the file of a damaged tensor, and of one of another size', async () => {
    const whole = tensorFile('', f32([1, 2], 1, 2));
    const cut = open([file('t/input_0.pb', whole.subarray(0, -3))], [input('a', [null, 2])]);
    await expect(cut).rejects.toMatchObject({ code: 'data-unreadable', details: { place: 't/input_0.pb' } });
    const uneven = [file('t/0/input_0.pb', whole), file('t/1/input_0.pb', tensorFile('', f32([1, 3], 1, 2, 3)))];
    await expect(open(uneven, [input('a', [null, 2])])).rejects.toMatchObject({
      code: 'data-input-mismatch',
      details: { place: 't/1/input_0.pb' },
    });
  });
});

describe('tables', () => {
  it('takes numeric columns as the input, leaves numbers of rows out, and numbers names of classes', async () => {
    const text = 'id,width,height,species\n7,1,0.5,rose\n8,2,-1e1,lily\n';
    const dataset = await open([file('flowers.csv', text)], [input('x', [null, 2])]);
    expect(await all(dataset)).toEqual({ inputs: { x: [1, 0.5, 2, -10] }, labels: [1, 0] });
    expect(dataset.classNames).toEqual(['lily', 'rose']);
  });

  it('takes numbered columns and lists by the names of inputs', async () => {
    const text = 'label;ids;mask0;mask1\n1;[101, 7];1;0\n0;[5, 6];1;1\n';
    const inputs = [input('mask', [null, 2]), input('ids', [null, 2], 'int64')];
    expect(await all(await open([file('rows.csv', text)], inputs))).toEqual({
      inputs: { ids: [101, 7, 5, 6], mask: [1, 0, 1, 1] },
      labels: [1, 0],
    });
  });

  it('finds the labels of a table without header, and the shape of pixels', async () => {
    const dataset = await open(
      [file('digits.csv', '3,0,51,102,255\n4,1,2,3,4\n3,0,0,0,9\n')],
      [input('x', [null, 1, 2, 2])],
    );
    expect((await dataset.read(0, 1)).inputs['x']?.dims).toEqual([1, 1, 2, 2]);
    expect((await all(dataset)).labels).toEqual([3, 4, 3]);
    expect(dataset.warnings[0]).toContain('first column');
  });

  it('reads JSON Lines, fills token ids up and says so', async () => {
    const text = '{"input_ids": [1, 2, 3], "label": "spam"}\n\n{"input_ids": [4], "label": "ham"}\n';
    const dataset = await open([file('rows.jsonl', text)], [input('input_ids', [null, 4], 'int64')], {
      classNames: ['spam', 'ham'],
    });
    expect(await all(dataset)).toEqual({ inputs: { input_ids: [1, 2, 3, 0, 4, 0, 0, 0] }, labels: [0, 1] });
    expect(dataset.warnings).toHaveLength(1);
  });

  it.each([
    ['data-unreadable', 'a text among numbers', 'a.csv', 'a,b,label\n1,2,0\n1,oops,0\n', 'line 3, b'],
    ['data-unreadable', 'a line that is too short', 'a.csv', 'a,b,label\n1,2,0\n1,2\n', 'line 3'],
    ['data-labels-missing', 'a row without label', 'a.csv', 'a,b,label\n1,2,\n', 'line 2'],
    ['data-empty', 'a header alone', 'a.csv', 'a,b,label\n', 'a.csv'],
    ['data-unreadable', 'a line that is no JSON', 'a.jsonl', '{"x": [1, 2], "label": 0}\n{"x"\n', 'line 2'],
    [
      'data-input-mismatch',
      'nested lists of other shapes',
      'a.jsonl',
      '{"x": [[1], [2]], "y": 0}\n{"x": [[1, 2]], "y": 0}\n',
      'line 1',
    ],
  ])('%s for %s', async (code, _, path, text, place) => {
    await expect(open([file(path, text)], [input('x', [null, 2])])).rejects.toMatchObject({
      code,
      details: { file: path, place: expect.stringContaining(place) },
    });
  });

  it('refuses fractions for token ids', async () => {
    const opened = open([file('a.csv', 'ids,label\n"1 2.5",0\n')], [input('ids', [null, 2], 'int64')]);
    await expect(opened).rejects.toMatchObject({ code: 'data-input-mismatch', details: { found: '2.5' } });
  });
});

describe('raw files', () => {
  const values = bytesOf(Float32Array.of(1, 2, 3, 4, 5, 6));

  it.each([
    ['in the name', [file('x_float32_3x2.bin', values)]],
    ['in a file beside', [file('x.bin', values), file('x.json', '{"dtype": "float32", "shape": [3, 2]}')]],
    ['nowhere, where the input says it', [file('x.bin', values)]],
  ])('reads a shape that is stated %s', async (_, files) => {
    const dataset = await open([...files, file('labels.bin', Uint8Array.of(2, 0, 1))], [input('x', [null, 2])]);
    expect(await all(dataset)).toEqual({ inputs: { x: [1, 2, 3, 4, 5, 6] }, labels: [2, 0, 1] });
    expect(dataset.warnings.length).toBe(files.length === 1 && files[0]?.path === 'x.bin' ? 1 : 0);
  });

  it.each([
    ['data-truncated', 'fewer bytes than stated', 'x_float32_4x2.bin', [null, 2]],
    ['data-input-mismatch', 'more bytes than stated', 'x_float32_2x2.bin', [null, 2]],
    ['data-format-unknown', 'a shape that nothing states', 'x.bin', [null, null]],
    ['data-format-unknown', 'bytes that are no whole samples', 'x.bin', [null, 7]],
  ])('%s for %s', async (code, _, path, dims) => {
    await expect(open([file(path, values)], [input('x', dims)])).rejects.toMatchObject({
      code,
      details: { file: path },
    });
  });
});

describe('tar', () => {
  /** As `tar --format=gnu` writes it: names over 100 bytes in an entry of their own. */
  function tar(entries: Record<string, Uint8Array>): Uint8Array<ArrayBuffer> {
    const blocks: number[] = [];
    const add = (name: string, kind: string, content: Uint8Array): void => {
      const header = new Uint8Array(512);
      header.set(new TextEncoder().encode(name).subarray(0, 100));
      header.set(new TextEncoder().encode(content.length.toString(8).padStart(11, '0')), 124);
      header.set(new TextEncoder().encode(kind), 156);
      header.set(new TextEncoder().encode('ustar  '), 257);
      blocks.push(...header, ...content, ...new Uint8Array((512 - (content.length % 512)) % 512));
    };
    for (const [name, content] of Object.entries(entries)) {
      if (name.length > 100) add('././@LongLink', 'L', new TextEncoder().encode(`${name}\0`));
      add(name, '0', content);
    }
    return Uint8Array.from([...blocks, ...new Uint8Array(1024)]);
  }
  const long = `set/wolf/${'w'.repeat(120)}.png`;
  const archive = tar({ './set/bear/1.png': gray(255), [long]: gray(51), './._junk': gray(1) });
  const inputs = [input('x', [null, 1, 2, 2])];

  it.each([
    ['plain', 'set.tar', async () => archive],
    ['gzipped', 'set.tar.gz', () => gzipped(archive)],
    ['called .tgz', 'set.tgz', () => gzipped(archive)],
  ])('is dissolved: %s', async (_, path, make) => {
    const dataset = await open([file(path, await make())], inputs);
    const { inputs: read, labels } = await all(dataset);
    expect([dataset.count, labels, read['x']?.[0], read['x']?.[4]]).toEqual([2, [0, 1], 1, Math.fround(0.2)]);
  });

  it('is refused where it is cut off', async () => {
    await expect(open([file('set.tar', archive.slice(0, 1100))], inputs)).rejects.toMatchObject({
      code: 'data-truncated',
      details: { file: 'set.tar' },
    });
  });
});

async function gzipped(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

describe('CIFAR', () => {
  /** Label bytes, then planes of one value each. */
  const record = (...bytes: number[]): number[] => [
    ...bytes.slice(0, -3),
    ...bytes.slice(-3).flatMap((value) => Array<number>(1024).fill(value)),
  ];

  it.each([
    ['CIFAR-10', 'test_batch.bin', [...record(7, 10, 20, 30), ...record(2, 1, 2, 3)]],
    ['CIFAR-100, fine labels', 'test.bin', [...record(99, 7, 10, 20, 30), ...record(99, 2, 1, 2, 3)]],
  ])('reads %s', async (_, path, bytes) => {
    const dataset = await open([file(path, Uint8Array.from(bytes))], [input('x', [null, 3, 32, 32], 'uint8')], {
      transforms: [{ name: 'Transpose', options: { perm: [2, 0, 1] } }],
    });
    const { inputs, labels } = await all(dataset);
    expect(labels).toEqual([7, 2]);
    expect([0, 1024, 2048, 3072].map((i) => inputs['x']?.[i])).toEqual([10, 20, 30, 1]);
  });
});

describe('names of classes', () => {
  const pictures = { 'set/wolf/1.png': gray(1), 'set/bear/2.png': gray(2) };
  const files = (more: Record<string, string>): SourceFile[] =>
    Object.entries({ ...pictures, ...more }).map(([path, content]) => file(path, content));
  const inputs = [input('x', [null, 1, 2, 2])];

  it.each([
    ['sorted folders', {}, {}, [0, 1], ['bear', 'wolf']],
    ['a list, one a line', { 'set/labels.txt': 'lion\nwolf\nbear\n' }, {}, [2, 1], ['lion', 'wolf', 'bear']],
    ['a synset list', { 'synset.txt': 'wolf grey wolf\nbear brown bear\n' }, {}, [1, 0], undefined],
    ['JSON by number', { 'id2label.json': '{"0": "wolf", "1": "bear"}' }, {}, [1, 0], ['wolf', 'bear']],
    ['the model', {}, { classNames: ['wolf', 'bear'] }, [1, 0], ['wolf', 'bear']],
  ])('numbers class folders by %s', async (_, more, options, labels, names) => {
    const dataset = await open(files(more), inputs, options);
    expect((await all(dataset)).labels).toEqual(labels);
    if (names) expect(dataset.classNames).toEqual(names);
  });

  it('warns of folders that the list does not know', async () => {
    const dataset = await open(files({ 'classes.txt': 'lion\nwolf\n' }), inputs);
    expect(dataset.warnings.filter((text) => text.includes('bear'))).toHaveLength(1);
  });
});
