import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from '@zip.js/zip.js/lib/zip-core-native.js';
import { expect, it } from 'vitest';
import type { SourceFile } from '../data/dataset.ts';
import { archiveEntries } from '../data/archive-entries.ts';
import { blobSource } from '../data/byte-source.ts';
import { gunzip } from '../data/gunzip.ts';
import { unpackArchives } from './unpack-archives.ts';

const text = new TextEncoder();

async function zip(path: string, entries: Readonly<Record<string, string>>, level = 6): Promise<SourceFile> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { level });
  for (const [name, content] of Object.entries(entries))
    await writer.add(name, new Uint8ArrayReader(text.encode(content)));
  return { path, blob: new Blob([(await writer.close()) as Uint8Array<ArrayBuffer>]) };
}

/** A tar.gz as `tar czf` writes it. */
async function tarGz(path: string, entries: Readonly<Record<string, string>>): Promise<SourceFile> {
  const blocks = Object.entries(entries).map(([name, content]) => {
    const size = text.encode(content).length;
    const block = new Uint8Array(512 * (1 + Math.ceil(size / 512)));
    block.set(text.encode(name));
    block.set(text.encode(size.toString(8).padStart(11, '0')), 124);
    block.set(text.encode('0'), 156);
    block.set(text.encode('ustar\x0000'), 257);
    block.set(text.encode(content), 512);
    return block;
  });
  const plain = new Blob([...blocks, new Uint8Array(1024)]);
  const packed = await new Response(plain.stream().pipeThrough(new CompressionStream('gzip'))).blob();
  return { path, blob: packed };
}

async function contents(files: readonly SourceFile[]): Promise<Record<string, string>> {
  const all = await Promise.all((await unpackArchives(files)).map(async ({ path, blob }) => [path, await blob.text()]));
  return Object.fromEntries(all) as Record<string, string>;
}

it.each([0, 6])('takes a zip with a model apart, without the folder around it (level %i)', async (level) => {
  const entries = { 'case/model.onnx': 'm', 'case/eval/0/a.png': 'a', 'case/tune.yaml': 'y', '__MACOSX/case/._x': '' };
  const found = await contents([await zip('case.zip', entries, level), { path: 'x.npz', blob: new Blob(['n']) }]);
  expect(found).toEqual({ 'model.onnx': 'm', 'eval/0/a.png': 'a', 'tune.yaml': 'y', 'x.npz': 'n' });
});

it('takes a tar.gz of the ONNX model zoo apart', async () => {
  const entries = { 'resnet/resnet.onnx': 'm', 'resnet/test_data_set_0/input_0.pb': 'i' };
  const found = await contents([await tarGz('resnet.tar.gz', entries)]);
  expect(found).toEqual({ 'resnet.onnx': 'm', 'test_data_set_0/input_0.pb': 'i' });
});

it('keeps archives of data whole, those with a YAML of their own included', async () => {
  const data = await zip('data.zip', { 'train/a.png': 'a', 'data.yaml': 'names: [cat, dog]\nnc: 2\n' });
  expect(await unpackArchives([data])).toEqual([data]);
  const tuned = await zip('data.zip', { 'a.npz': 'a', 'tune.yaml': 'tuning: {}\n' });
  expect(Object.keys(await contents([tuned]))).toEqual(['a.npz', 'tune.yaml']);
});

it('leaves a damaged archive to those who read it', async () => {
  const whole = await zip('case.zip', { 'model.onnx': 'm'.repeat(500) });
  const damaged = { path: 'case.zip', blob: whole.blob.slice(0, whole.blob.size - 30) };
  expect(await unpackArchives([damaged])).toEqual([damaged]);
});

/** The zip with another size in its directory, as that of a larger file would say. */
async function pretending({ path, blob }: SourceFile, sizes: readonly number[]): Promise<SourceFile> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const view = new DataView(bytes.buffer);
  const rest = [...sizes];
  for (let at = 0; at + 4 <= bytes.length; at++) {
    const size = view.getUint32(at, true) === 0x02014b50 ? rest.shift() : undefined;
    if (size !== undefined) view.setUint32(at + 24, size, true);
  }
  return { path, blob: new Blob([bytes]) };
}

it('refuses what cannot be held in memory before it unpacks anything', async () => {
  const whole = await zip('case.zip', { 'model.onnx': 'm', 'a.npy': 'a', 'b.npy': 'b', 'c.npy': 'c' });
  await expect(unpackArchives([await pretending(whole, [1.5e9])])).rejects.toMatchObject({
    code: 'model-too-large',
    details: { file: 'model.onnx', found: '1500000000 bytes' },
  });
  await expect(unpackArchives([await pretending(whole, [1, 1.8e9, 1.8e9, 1.8e9])])).rejects.toMatchObject({
    code: 'archive-too-large',
    details: { file: 'case.zip', found: '5400000001 bytes or more', next: expect.stringContaining('drop the files') },
  });
});

it('stops unpacking at the size that the archive states, however much follows', async () => {
  const whole = await zip('case.zip', { 'model.onnx': '0'.repeat(10_000_000), 'a.npy': 'a' });
  const entries = await archiveEntries(await pretending(whole, [50_000]));
  await expect(entries?.[0]?.read()).rejects.toMatchObject({
    code: 'data-unreadable',
    details: { file: 'case.zip', place: 'model.onnx', found: expect.stringContaining('size') },
  });
});

it('takes files that lie in an archive as they are for ranges of it, whatever their size', async () => {
  const stored = await zip('case.zip', { 'model.onnx': 'm', 'a.npy': 'abc' }, 0);
  const read: number[] = [];
  const arrayBuffer = Blob.prototype.arrayBuffer;
  Blob.prototype.arrayBuffer = function (this: Blob) {
    read.push(this.size);
    return arrayBuffer.call(this);
  };
  try {
    expect(Object.keys(await unpackArchives([stored]))).toHaveLength(2);
  } finally {
    Blob.prototype.arrayBuffer = arrayBuffer;
  }
  // Headers and directory, no content.
  expect(read).not.toContain(3);
});

it('stops a gzip file that unpacks to too much', async () => {
  const { path, blob } = await tarGz('bomb.tar.gz', { 'model.onnx': '0'.repeat(100_000) });
  await expect(gunzip(blobSource(path, path, blob), 50_000)).rejects.toMatchObject({
    code: 'archive-too-large',
    details: { file: 'bomb.tar.gz', accepted: 'at most 50000 bytes' },
  });
});
