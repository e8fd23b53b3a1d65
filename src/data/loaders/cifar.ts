import { Fault } from '../../base/fault.ts';
import { baseName, seekableSource, type ByteSource } from '../byte-source.ts';
import { classTensor } from '../class-names.ts';
import { memoryColumn, type ImageColumn } from '../column.ts';
import type { RecognisedFile } from '../recognised-files.ts';
import type { Sample } from '../sample.ts';
import { leftAside, type Loader } from './loader.ts';

const SIDE = 32;
const PIXELS = SIDE * SIDE;
const BATCH_FILE = /^((data|test)_batch(_\d+)?|train|test)\.bin$/i;

/** Bytes of labels before each picture: one in CIFAR-10, a coarse and a fine one in CIFAR-100. */
function labelBytes({ source, format }: RecognisedFile): number | undefined {
  if (format !== 'raw' || source.sizeBytes === 0 || !BATCH_FILE.test(baseName(source.path))) return undefined;
  return [1, 2].find((bytes) => source.sizeBytes % (bytes + 3 * PIXELS) === 0);
}

interface Record {
  readonly source: ByteSource;
  readonly start: number;
}

/** Three planes of 32 × 32 as a picture. */
function pictureOf(planes: Uint8Array): Sample {
  const data = Float32Array.from({ length: 3 * PIXELS }, (_, i) => planes[(i % 3) * PIXELS + Math.floor(i / 3)] ?? 0);
  return { type: 'uint8', dims: [SIDE, SIDE, 3], data };
}

/** The binary version of CIFAR-10 and CIFAR-100: records of labels and the planes of a picture. */
export const cifar: Loader = {
  name: 'cifar',
  help: 'CIFAR-10 or CIFAR-100, the binary version: data_batch_1.bin, test_batch.bin, test.bin',
  accepts: (files) => files.some((file) => labelBytes(file) !== undefined),
  async load(files) {
    const batches = files.filter((file) => labelBytes(file) !== undefined);
    const sizes = new Set(batches.map(labelBytes));
    if (sizes.size > 1) {
      throw new Fault('data-input-mismatch', {
        message: 'Files of CIFAR-10 and of CIFAR-100 lie together.',
        found: batches.map(({ source }) => source.path).join(', '),
        next: 'Drop the files of one of them.',
      });
    }
    const offset = [...sizes][0] ?? 1;
    const recordBytes = offset + 3 * PIXELS;
    const records: Record[] = [];
    const labels: number[] = [];
    for (const { source: packed } of batches) {
      const source = seekableSource(packed);
      const bytes = await source.read();
      for (let start = 0; start < bytes.length; start += recordBytes) {
        records.push({ source, start: start + offset });
        labels.push(bytes[start + offset - 1] ?? 0);
      }
    }
    const file = batches[0]?.source.file ?? '';
    const column: ImageColumn = {
      kind: 'image',
      name: 'images',
      file,
      count: records.length,
      place: (index) => `sample ${index}`,
      async read(index) {
        const { source, start } = records[index] as Record;
        return pictureOf(await source.read(start, start + 3 * PIXELS));
      },
    };
    return {
      columns: [column],
      labels: memoryColumn('labels', file, classTensor(labels)),
      warnings: leftAside(files.filter((other) => !batches.includes(other))),
    };
  },
};
