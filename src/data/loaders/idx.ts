import { Fault } from '../../base/fault.ts';
import type { TensorType } from '../../base/tensor.ts';
import { arrayColumn } from '../array-column.ts';
import { seekableSource, type ByteSource } from '../byte-source.ts';
import type { ArrayColumn, ImageColumn } from '../column.ts';
import { leftAside, type Loader } from './loader.ts';

const TYPES: Readonly<Record<number, TensorType>> = {
  0x08: 'uint8',
  0x09: 'int8',
  0x0b: 'int16',
  0x0c: 'int32',
  0x0d: 'float32',
  0x0e: 'float64',
};

/** Header: two zero bytes, the type, the rank, then each dimension in 4 bytes, big-endian. */
async function idxColumn(source: ByteSource): Promise<ArrayColumn> {
  const head = await source.read(0, 4);
  const type = TYPES[head[2] ?? 0];
  const rank = head[3] ?? 0;
  const offset = 4 + 4 * rank;
  const header = await source.read(0, offset);
  if (!type || header.length < offset) {
    throw new Fault('data-truncated', {
      message: 'The IDX file ends within its header.',
      file: source.file,
      next: 'Copy the file again.',
    });
  }
  const view = new DataView(header.buffer, header.byteOffset);
  const dims = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  return arrayColumn(rank === 1 ? 'labels' : 'images', source, {
    type,
    dims,
    bigEndian: true,
    fortranOrder: false,
    offset,
  });
}

/** Bytes [samples, height, width] or [samples, height, width, channels] as pictures. */
function asPictures(column: ArrayColumn): ImageColumn {
  const [, height = 1, width = 1, channels = 1] = column.dims;
  return {
    kind: 'image',
    name: column.name,
    file: column.file,
    count: column.count,
    place: (index) => `sample ${index}`,
    async read(index) {
      const { data } = await column.read(index, 1);
      return { type: 'uint8', dims: [height, width, channels], data: Float32Array.from(data as Uint8Array) };
    },
  };
}

function only(columns: readonly ArrayColumn[], what: string): ArrayColumn | undefined {
  if (columns.length < 2) return columns[0];
  throw new Fault('data-input-mismatch', {
    message: `There are ${columns.length} IDX files of ${what}.`,
    found: columns.map(({ file }) => file).join(', '),
    next: 'Drop one file of images and its file of labels.',
  });
}

/** The format of MNIST: one file of images and one of labels, told apart by their rank. */
export const idx: Loader = {
  name: 'idx',
  help: 'IDX files as of MNIST: images and labels, plain or gzipped',
  accepts: (files) => files.some(({ format }) => format === 'idx'),
  async load(files) {
    const columns: ArrayColumn[] = [];
    for (const { source, format } of files) {
      if (format === 'idx') columns.push(await idxColumn(seekableSource(source)));
    }
    const labels = only(
      columns.filter(({ dims }) => dims.length === 1),
      'labels',
    );
    const images = only(
      columns.filter(({ dims }) => dims.length > 1),
      'images',
    );
    const warnings = leftAside(files.filter(({ format }) => format !== 'idx'));
    if (!images) return { columns: [], ...(labels && { labels }), warnings };
    const isPicture = images.type === 'uint8' && (images.dims.length === 3 || images.dims.length === 4);
    return { columns: [isPicture ? asPictures(images) : images], ...(labels && { labels }), warnings };
  },
};
