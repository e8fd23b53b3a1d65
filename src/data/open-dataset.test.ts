import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js/lib/zip-core-native.js';
import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { bytesOf, type TensorData } from '../base/tensor.ts';
import type { InputSpec, SourceFile } from './dataset.ts';
import { openDataset } from './open-dataset.ts';
import { takeFirst } from './subset.ts';

type Bytes = Uint8Array<ArrayBuffer>;

interface NpyOptions {
  readonly fortran?: boolean;
  readonly version?: 1 | 2 | 3;
}

/** A .npy file as NumPy writes it. */
function npy(
  descr: string,
  dims: readonly number[],
  data: TensorData,
  { fortran = false, version = 1 }: NpyOptions = {},
): Bytes {
  const order = fortran ? 'True' : 'False';
  const shape = dims.length === 1 ? `${dims[0]},` : dims.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${shape}), }`;
  const start = version === 1 ? 10 : 12;
  const header = text.padEnd(128 - start - 1) + '\n';
  const file = new Uint8Array(128 + data.byteLength);
  file.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  new DataView(file.buffer).setUint16(8, header.length, true);
  file.set(new TextEncoder().encode(header), start);
  const elements = bytesOf(data).slice();
  const size = data.BYTES_PER_ELEMENT;
  if (descr.startsWith('>')) for (let i = 0; i < elements.length; i += size) elements.subarray(i, i + size).reverse();
  file.set(elements, 128);
  return file;
}

const floats = (count: number, scale = 0.25): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: count }, (_, i) => i * scale);
const f4 = (dims: readonly number[]): Bytes => npy('<f4', dims, floats(dims.reduce((a, b) => a * b, 1)));
const i8 = (...values: number[]): Bytes => npy('<i8', [values.length], BigInt64Array.from(values, BigInt));
const file = (path: string, bytes: Bytes | string): SourceFile => ({ path, blob: new Blob([bytes]) });

async function zip(entries: Readonly<Record<string, Bytes | string>>, level = 6): Promise<Bytes> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { level });
  for (const [path, content] of Object.entries(entries)) {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    await writer.add(path, new Uint8ArrayReader(bytes));
  }
  return writer.close();
}

function idx(dims: readonly number[], bytes: readonly number[]): Bytes {
  const out = new Uint8Array(4 + 4 * dims.length + bytes.length);
  out.set([0, 0, 0x08, dims.length]);
  dims.forEach((dim, axis) => new DataView(out.buffer).setUint32(4 + 4 * axis, dim));
  out.set(bytes, 4 + 4 * dims.length);
  return out;
}

/** A gray picture of one value. */
const gray = (value: number, width = 2, height = 2): Bytes =>
  new Uint8Array(encode({ width, height, channels: 1, data: new Uint8Array(width * height).fill(value) }));

const input = (name: string, dims: (number | null)[], type: InputSpec['type'] = 'float32'): InputSpec => ({
  name,
  type,
  dims,
});
const x2 = [input('x', [null, 2])];
const plane = [input('x', [null, 1, 2, 2])];

describe('arrays', () => {
  it.each([0, 6])('reads npz batch by batch (level %i)', async (level) => {
    const blob = await zip({ 'x.npy': f4([3, 2]), 'labels.npy': i8(2, 0, 1) }, level);
    const data = await openDataset([file('a/eval.npz', blob)], { inputs: x2, labels: 'required' });
    expect([data.count, data.hasLabels, data.warnings, data.name]).toEqual([3, true, [], 'a']);
    const batch = await data.read(1, 5);
    expect(batch.inputs.x).toEqual({ type: 'float32', dims: [2, 2], data: Float32Array.of(0.5, 0.75, 1, 1.25) });
    expect(batch.labels).toEqual({ type: 'int64', dims: [2], data: BigInt64Array.of(0n, 1n) });
  });

  it('gives tensors that belong to the caller', async () => {
    const data = await openDataset([file('x.npz', await zip({ 'x.npy': f4([3, 2]) }))], { inputs: x2 });
    (await data.read(0, 3)).inputs.x!.data.fill(9 as never);
    expect((await data.read(0, 1)).inputs.x!.data).toEqual(Float32Array.of(0, 0.25));
  });

  it.each([
    ['big-endian', npy('>f4', [3, 2], floats(6))],
    ['float64', npy('<f8', [3, 2], Float64Array.from(floats(6)))],
    ['float16', npy('<f2', [3, 2], Uint16Array.of(0, 0x3400, 0x3800, 0x3a00, 0x3c00, 0x3d00))],
    ['column-major', npy('<f4', [3, 2], Float32Array.of(0, 0.5, 1, 0.25, 0.75, 1.25), { fortran: true })],
    ['version 2', npy('<f4', [3, 2], floats(6), { version: 2 })],
    ['version 3', npy('<f4', [3, 2], floats(6), { version: 3 })],
  ])('reads %s', async (_, bytes) => {
    const data = await openDataset([file('whatever.npy', bytes)], { inputs: x2 });
    expect((await data.read(0, 3)).inputs.x!.data).toEqual(floats(6));
    expect((await data.read(2, 1)).inputs.x!.data).toEqual(Float32Array.of(1, 1.25));
  });

  it('reads a column-major array of three dimensions', async () => {
    const columnMajor = Float64Array.of(0, 4, 8, 2, 6, 10, 1, 5, 9, 3, 7, 11);
    const bytes = npy('<f8', [3, 2, 2], columnMajor, { fortran: true });
    const data = await openDataset([file('x.npy', bytes)], { inputs: [input('x', [null, 2, 2])] });
    expect((await data.read(1, 2)).inputs.x!.data).toEqual(Float32Array.of(4, 5, 6, 7, 8, 9, 10, 11));
  });

  it('casts among integers, and small integers to float', async () => {
    const ids = npy('<i4', [2, 2], Int32Array.of(1, -2, 3, 4));
    const whole = await openDataset([file('x.npy', ids)], { inputs: [input('x', [null, 2], 'int64')] });
    expect((await whole.read(0, 2)).inputs.x!.data).toEqual(BigInt64Array.of(1n, -2n, 3n, 4n));
    const bytes = npy('|u1', [2, 2], Uint8Array.of(0, 1, 2, 3));
    const floating = await openDataset([file('x.npy', bytes)], { inputs: x2 });
    expect((await floating.read(0, 2)).inputs.x!.data).toEqual(Float32Array.of(0, 1, 2, 3));
    const flags = npy('|b1', [2, 2], Uint8Array.of(1, 0, 0, 1));
    const half = await openDataset([file('x.npy', flags)], { inputs: [input('x', [null, 2], 'float16')] });
    expect((await half.read(0, 1)).inputs.x!.data).toEqual(Uint16Array.of(0x3c00, 0));
  });

  it('refuses another kind of numbers and integers that do not fit', async () => {
    await expect(
      openDataset([file('x.npy', f4([3, 2]))], { inputs: [input('x', [null, 2], 'int64')] }),
    ).rejects.toMatchObject({
      code: 'data-input-mismatch',
    });
    const wide = npy('<i8', [1, 2], BigInt64Array.of(1n, 2n ** 40n));
    await expect(
      openDataset([file('x.npy', wide)], { inputs: [input('x', [null, 2], 'int32')] }),
    ).rejects.toMatchObject({
      code: 'data-input-mismatch',
      details: { found: '1099511627776' },
    });
  });

  it('matches several inputs by name and warns of what is left', async () => {
    const blob = await zip({
      'a.npy': f4([2, 1]),
      'b.npy': f4([2, 2]),
      'c.npy': f4([2, 3]),
      'n.npy': npy('<f8', [], Float64Array.of(1)),
    });
    const inputs = [input('b', [null, 2]), input('a', [null, 1])];
    const data = await openDataset([file('x.npz', blob)], { inputs });
    expect((await data.read(0, 1)).inputs.b!.data).toEqual(Float32Array.of(0, 0.25));
    expect(data.warnings.map((text) => /\bc\b|\bn\b/.test(text))).toEqual([true, true]);
    await expect(
      openDataset([file('x.npz', blob)], { inputs: [...inputs, input('d', [null, 2])] }),
    ).rejects.toMatchObject({
      code: 'data-input-mismatch',
    });
  });

  it('maps arrays without names by their order', async () => {
    const blob = await zip({ 'arr_0.npy': f4([2, 1]), 'arr_1.npy': f4([2, 2]), 'labels.npy': i8(1, 0) });
    const data = await openDataset([file('x.npz', blob)], { inputs: [input('a', [null, 1]), input('b', [null, 2])] });
    expect((await data.read(1, 1)).inputs).toMatchObject({
      a: { dims: [1, 1] },
      b: { data: Float32Array.of(0.5, 0.75) },
    });
  });

  it('takes labels from a file of their own', async () => {
    const files = [file('samples.npy', f4([2, 2])), file('my_labels.npy', i8(1, 0))];
    const data = await openDataset(files, { inputs: x2, labels: 'required' });
    expect((await data.read(0, 2)).labels!.data).toEqual(BigInt64Array.of(1n, 0n));
  });

  it('warns of raw bytes only where values look like them', async () => {
    const raw = npy(
      '<f4',
      [1, 4, 4],
      Float32Array.from({ length: 16 }, (_, i) => i * 17),
    );
    const inputs = [input('x', [null, 4, 4])];
    expect((await openDataset([file('x.npy', raw)], { inputs })).warnings).toHaveLength(1);
    expect((await openDataset([file('x.npy', f4([1, 4, 4]))], { inputs })).warnings).toEqual([]);
    const transforms = [{ name: 'Rescale', options: {} }];
    const dataset = openDataset([file('x.npy', raw)], { inputs: [input('x', [null, 4, 4, 1])], transforms });
    expect((await dataset).warnings).toEqual([]);
  });

  it('takes the first samples', async () => {
    const first = takeFirst(await openDataset([file('x.npy', f4([5, 2]))], { inputs: x2 }), 3);
    expect(first.count).toBe(3);
    expect((await first.read(2, 9)).inputs.x!.data).toEqual(Float32Array.of(1, 1.25));
  });
});

describe('faults of arrays', () => {
  const nan = Float32Array.of(0, 1, 2, NaN);
  const pickled = npy('|O', [1], Uint8Array.of(0x80, 4, 0x2e));
  it.each<[string, string, () => Promise<SourceFile[]> | SourceFile[]]>([
    ['data-empty', 'no files', () => []],
    ['data-empty', 'an empty file', () => [file('x.npy', '')]],
    ['data-empty', 'no rows', () => [file('x.npy', f4([0, 2]))]],
    ['data-pickled', 'objects', () => [file('x.npy', pickled)]],
    ['data-pickled', 'a pickle', () => [file('x.bin', Uint8Array.of(0x80, 4, 0x95, 0, 0))]],
    ['data-truncated', 'cut-off elements', () => [file('x.npy', f4([3, 2]).slice(0, -1))]],
    ['data-truncated', 'a cut-off header', () => [file('x.npy', f4([3, 2]).slice(0, 60))]],
    [
      'data-truncated',
      'a cut-off archive',
      async () => [file('x.npz', (await zip({ 'x.npy': f4([3, 2]) })).slice(0, -30))],
    ],
    ['data-truncated', 'cut-off gzip', () => [file('x.gz', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1))]],
    ['data-format-unknown', 'text', () => [file('notes.md', 'hello')]],
    ['data-format-unknown', 'complex numbers', () => [file('x.npy', npy('<c8', [1], floats(2)))]],
    ['data-input-mismatch', 'another shape', () => [file('x.npy', f4([2, 3])), file('y.npy', i8(0, 1))]],
    [
      'data-input-mismatch',
      'two arrays of no known name',
      () => [file('p.npy', f4([2, 2])), file('q.npy', f4([2, 2]))],
    ],
    ['data-input-mismatch', 'the same array twice', () => [file('a/x.npy', f4([2, 2])), file('b/x.npy', f4([2, 2]))]],
    ['data-labels-missing', 'no labels', () => [file('x.npy', f4([2, 2]))]],
    ['data-labels-count', 'too few labels', () => [file('x.npy', f4([2, 2])), file('labels.npy', i8(1))]],
    ['data-not-finite', 'NaN', () => [file('x.npy', npy('<f4', [2, 2], nan)), file('y.npy', i8(0, 1))]],
  ])('%s for %s', async (code, _, files) => {
    await expect(openDataset(await files(), { inputs: x2, labels: 'required' })).rejects.toMatchObject({ code });
  });

  it('finds what is damaged inside a compressed array', async () => {
    const bytes = await zip({ 'x.npy': npy('<f4', [300, 2], floats(600, 0.37)) });
    bytes.set([1, 2, 3, 4, 5, 6, 7, 8], 400);
    await expect(openDataset([file('x.npz', bytes)], { inputs: x2 })).rejects.toMatchObject({
      code: expect.stringMatching(/^data-/),
    });
  });

  it('says where a value is not finite, wherever it lies', async () => {
    const values = floats(24);
    values[22] = Infinity;
    const data = await openDataset([file('x.npy', npy('<f4', [6, 2, 2], values))], {
      inputs: [input('x', [null, 2, 2])],
    });
    await expect(data.read(4, 2)).rejects.toMatchObject({
      code: 'data-not-finite',
      details: { place: 'x, sample 5, index [1, 0]' },
    });
  });
});

describe('IDX', () => {
  const files = [
    file('images-idx3-ubyte', idx([2, 2, 2], [0, 51, 102, 255, 1, 2, 3, 4])),
    file('labels-idx1-ubyte', idx([2], [7, 3])),
  ];

  it.each([
    ['channels first', [null, 1, 2, 2]],
    ['channels last', [null, 2, 2, 1]],
    ['no channels', [null, 2, 2]],
    ['flat', [null, 4]],
  ])('scales and lays out: %s', async (_, dims) => {
    const data = await openDataset(files, { inputs: [input('x', dims)], labels: 'required' });
    const { inputs, labels } = await data.read(0, 1);
    expect(inputs.x).toEqual({
      type: 'float32',
      dims: [1, ...dims.slice(1)],
      data: Float32Array.of(0, 51 / 255, 102 / 255, 1),
    });
    expect(labels).toEqual({ type: 'uint8', dims: [1], data: Uint8Array.of(7) });
    expect(data.warnings).toHaveLength(1);
  });

  it('repeats gray for a model of three colours and feeds bytes to a model of bytes', async () => {
    const colour = await openDataset(files, { inputs: [input('x', [null, 2, 2, 3], 'uint8')] });
    expect((await colour.read(1, 1)).inputs.x!.data).toEqual(Uint8Array.of(1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4));
  });

  it('applies exactly the transforms that are given', async () => {
    const inputs = [input('x', [null, 1, 2, 2])];
    const bare = openDataset(files, { inputs, transforms: [{ name: 'Normalize', options: {} }] });
    await expect(bare).rejects.toMatchObject({
      code: 'data-input-mismatch',
      details: { next: expect.stringContaining('Transpose: {perm: [2, 0, 1]}') },
    });
    const transforms = [{ name: 'Transpose', options: { perm: [2, 0, 1] } }];
    const data = await openDataset(files, { inputs, transforms });
    expect((await data.read(0, 1)).inputs.x!.data).toEqual(Float32Array.of(0, 51, 102, 255));
    expect(data.warnings).toEqual([]);
  });

  it('refuses two files of images', async () => {
    const both = [...files, file('more-idx3-ubyte', idx([1, 2, 2], [0, 0, 0, 0]))];
    await expect(openDataset(both, { inputs: plane })).rejects.toMatchObject({ code: 'data-input-mismatch' });
  });
});

describe('pictures', () => {
  const folders = { 'dog/1.png': gray(51), 'cat/2.png': gray(102), 'cat/1.png': gray(255) };
  const loose = (entries: Record<string, Bytes | string>): SourceFile[] =>
    Object.entries(entries).map(([path, bytes]) => file(path, bytes));
  const labelsOf = async (files: SourceFile[]): Promise<number[]> => {
    const data = await openDataset(files, { inputs: plane, labels: 'required' });
    return [...(await data.read(0, data.count)).labels!.data].map(Number);
  };

  it.each([
    [
      'a folder',
      () => loose(Object.fromEntries(Object.entries(folders).map(([path, bytes]) => [`set/${path}`, bytes]))),
    ],
    ['a zip', async () => [file('set.zip', await zip(folders))]],
    [
      'a zip with one folder around',
      async () => [
        file(
          'set.zip',
          await zip(Object.fromEntries(Object.entries(folders).map(([path, bytes]) => [`set/${path}`, bytes]))),
        ),
      ],
    ],
  ])('takes classes from the folders of %s', async (_, make) => {
    const files = await make();
    const data = await openDataset(files, { inputs: plane, labels: 'required' });
    const { inputs, labels } = await data.read(0, 3);
    expect([...labels!.data]).toEqual([0n, 0n, 1n]);
    expect([inputs.x!.data[0], inputs.x!.data[4], inputs.x!.data[8]]).toEqual(
      [1, 102 / 255, 51 / 255].map(Math.fround),
    );
    expect(data.warnings).toHaveLength(1);
  });

  it('ignores what systems leave behind, and names what it does not use', async () => {
    const files = loose({ ...folders, '.DS_Store': 'x', '__MACOSX/cat/._1.png': 'x', 'README.md': 'x' });
    const data = await openDataset(files, { inputs: plane, labels: 'required' });
    expect(data.count).toBe(3);
    expect(data.warnings.filter((text) => text.includes('README.md'))).toHaveLength(1);
  });

  it('warns where class folders are numbers out of order', async () => {
    const files = loose({ '10/a.png': gray(1), '2/b.png': gray(2) });
    expect((await openDataset(files, { inputs: plane })).warnings.some((text) => text.includes('10 is class 0'))).toBe(
      true,
    );
  });

  it('reads labels from tables', async () => {
    const pictures = { 'p/a.png': gray(1), 'p/b.png': gray(2) };
    expect(await labelsOf(loose({ ...pictures, 'p/labels.csv': 'file,label\nb.png,4\na.png,3\n' }))).toEqual([4, 3]);
    expect(await labelsOf(loose({ ...pictures, 'p/labels.csv': 'file;class\na.png;wolf\nb.png;bear\n' }))).toEqual([
      1, 0,
    ]);
    expect(await labelsOf(loose({ ...pictures, 'val.txt': 'a.png 3\nb.png 0\n' }))).toEqual([3, 0]);
    expect(
      await labelsOf(
        loose({ ...pictures, 'labels.csv': 'file,text\na.png,"ab"\nb.png,b a\n', 'characters.txt': 'a\nb\n' }),
      ),
    ).toEqual([1, 2, 0, 2, 3, 1]);
  });

  it.each([
    ['data-labels-range', 'texts without characters', { 'a.png': gray(1), 'labels.csv': 'file,text\na.png,hello\n' }],
    [
      'data-labels-range',
      'letters that are no classes',
      { 'a.png': gray(1), 'labels.csv': 'file,text\na.png,q\n', 'characters.txt': 'a\n' },
    ],
    ['data-labels-missing', 'a table of other pictures', { 'a.png': gray(1), 'labels.csv': 'file,label\nb.png,1\n' }],
    ['data-labels-missing', 'a flat folder', { 'a.png': gray(1), 'b.png': gray(1) }],
    ['data-labels-missing', 'folders in folders', { 'train/a/1.png': gray(1), 'b/1.png': gray(1) }],
    ['data-unreadable', 'a broken picture', { 'c/a.png': gray(1).slice(0, 40), 'd/b.png': gray(1) }],
  ])('%s for %s', async (code, _, entries) => {
    await expect(openDataset(loose(entries), { inputs: plane, labels: 'required' })).rejects.toMatchObject({ code });
  });

  it('never guesses a size, and says which transform to add', async () => {
    const files = loose({ 'a.png': gray(9, 3, 2) });
    await expect(openDataset(files, { inputs: plane })).rejects.toMatchObject({
      code: 'data-input-mismatch',
      details: { next: expect.stringContaining('Resize: {size: [2, 2]}') },
    });
    const transforms = [
      { name: 'Resize', options: { size: 2 } },
      { name: 'Transpose', options: { perm: [2, 0, 1] } },
    ];
    expect((await (await openDataset(files, { inputs: plane, transforms })).read(0, 1)).inputs.x!.data).toEqual(
      Float32Array.of(9, 9, 9, 9),
    );
  });

  it('lets sizes differ from batch to batch where the model does', async () => {
    const files = loose({ 'a.png': gray(9, 3, 2), 'b.png': gray(9, 5, 2) });
    const inputs = [input('x', [null, 1, 2, null])];
    const one = openDataset([files[0]!], { inputs });
    expect((await (await one).read(0, 1)).inputs.x!.dims).toEqual([1, 1, 2, 3]);
    await expect(openDataset(files, { inputs })).rejects.toMatchObject({ code: 'data-input-mismatch' });
  });

  it('says which picture a transform does not suit', async () => {
    const files = loose({ 'c/a.png': gray(9, 6, 6), 'c/b.png': gray(9, 2, 2) });
    const transforms = [{ name: 'CenterCrop', options: { size: 5 } }];
    await expect(openDataset(files, { inputs: [input('x', [null, 5, 5, 1])], transforms })).rejects.toMatchObject({
      code: 'data-transform-invalid',
      details: { place: expect.stringContaining('b.png') },
    });
  });
});

describe('sha256', () => {
  const open = (files: SourceFile[]): Promise<string> =>
    openDataset(files, { inputs: x2 }).then((data) => data.sha256());

  it('does not depend on the order or the folder around, only on names and bytes', async () => {
    const [one, two] = [f4([2, 2]), i8(0, 1)];
    const hash = await open([file('x.npy', one), file('labels.npy', two)]);
    expect(await open([file('set/labels.npy', two), file('set/x.npy', one), file('set/.DS_Store', 'q')])).toBe(hash);
    expect(await open([file('z.npy', one), file('labels.npy', two)])).not.toBe(hash);
    expect(await open([file('x.npy', one), file('labels.npy', i8(0, 2))])).not.toBe(hash);
  });

  it('is what the format says', async () => {
    const bytes = f4([2, 2]);
    const size = new Uint8Array(8);
    size[0] = bytes.length;
    const text = new TextEncoder().encode('x.npy\0');
    const digest = await crypto.subtle.digest('SHA-256', await new Blob([text, size, bytes]).arrayBuffer());
    expect(await open([file('some/where/x.npy', bytes)])).toBe(Buffer.from(digest).toString('hex'));
  });
});
