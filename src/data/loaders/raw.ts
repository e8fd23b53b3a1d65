import { Fault } from '../../base/fault.ts';
import { bytesPerElement, elementCount, type TensorType } from '../../base/tensor.ts';
import { arrayColumn } from '../array-column.ts';
import { baseName, type ByteSource } from '../byte-source.ts';
import type { ArrayColumn } from '../column.ts';
import type { InputSpec } from '../dataset.ts';
import type { RecognisedFile } from '../recognised-files.ts';
import { leftAside, type Loader } from './loader.ts';

const TYPE_NAMES: Readonly<Record<string, TensorType>> = {
  f16: 'float16',
  f32: 'float32',
  f64: 'float64',
  u8: 'uint8',
  i8: 'int8',
  i32: 'int32',
  i64: 'int64',
  ...Object.fromEntries(
    (
      [
        'float16',
        'float32',
        'float64',
        'uint8',
        'int8',
        'uint16',
        'int16',
        'uint32',
        'int32',
        'uint64',
        'int64',
        'bool',
      ] as const
    ).map((type) => [type, type]),
  ),
};
const LABEL_FILE = /(^|[._-])(labels?|targets?|y)([._-]|$)/i;

/** What is stated of a raw file; dims with the samples first. */
interface Stated {
  readonly type?: TensorType;
  readonly dims?: readonly number[];
}

/** `images_uint8_100x28x28.bin`: the type and the shape as words of the name. */
function fromName(path: string): Stated {
  const words = baseName(path)
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const type = words.map((word) => TYPE_NAMES[word]).find((found) => found !== undefined);
  const shape = words.find((word) => /^\d+(x\d+)+$/.test(word));
  return { ...(type && { type }), ...(shape !== undefined && { dims: shape.split('x').map(Number) }) };
}

/** `images.json` or `images.bin.json` beside `images.bin`: `{"dtype": "uint8", "shape": [100, 28, 28]}`. */
async function fromSideFile({ path }: ByteSource, files: readonly RecognisedFile[]): Promise<Stated | undefined> {
  const names = [`${path}.json`, path.replace(/\.[^./]*$/, '.json')];
  const side = files.find(({ source }) => names.includes(source.path));
  if (!side) return undefined;
  const fault = (found: string): Fault =>
    new Fault('data-unreadable', {
      message: 'The file does not state type and shape of the raw file beside it.',
      file: side.source.file,
      place: side.source.path,
      found,
      accepted: '{"dtype": "float32", "shape": [100, 3, 224, 224]}, samples first',
      next: 'Mend the file, or state both in the name of the raw file: images_float32_100x3x224x224.bin.',
    });
  let stated: { dtype?: unknown; type?: unknown; shape?: unknown; dims?: unknown };
  try {
    stated = JSON.parse(new TextDecoder().decode(await side.source.read())) as typeof stated;
  } catch (thrown) {
    throw fault(String(thrown));
  }
  const type = TYPE_NAMES[String(stated.dtype ?? stated.type).toLowerCase()];
  const dims = stated.shape ?? stated.dims;
  const isShape = Array.isArray(dims) && dims.length > 0 && dims.every((dim) => Number.isInteger(dim) && dim >= 0);
  if (!type || !isShape) throw fault(JSON.stringify(stated).slice(0, 100));
  return { type, dims: dims as number[] };
}

function shapeUnknown(source: ByteSource, input: InputSpec | undefined): Fault {
  const dims = input ? `[${input.dims.map((dim) => dim ?? '?').join(', ')}]` : 'none';
  return new Fault('data-format-unknown', {
    message: 'Nothing states the shape of the raw file.',
    file: source.file,
    place: source.path,
    found: `${source.sizeBytes} bytes; the input ${input?.name ?? ''} has the shape ${dims}`,
    accepted:
      'type and shape in the name (images_float32_100x3x224x224.bin) or in images.json: {"dtype": "float32", "shape": [100, 3, 224, 224]}',
    next: 'State both, samples first.',
  });
}

/** A file that is too short is found where it is read. */
function checkSize(source: ByteSource, type: TensorType, dims: readonly number[]): void {
  const bytes = elementCount(dims) * bytesPerElement(type);
  if (source.sizeBytes <= bytes) return;
  throw new Fault('data-input-mismatch', {
    message: 'The raw file is longer than what is stated of it.',
    file: source.file,
    place: source.path,
    found: `${source.sizeBytes} bytes`,
    accepted: `${type} [${dims.join(', ')}], which is ${bytes} bytes`,
    next: 'Mend the shape or the type; a header must be cut off.',
  });
}

/** Type and dims of a file of samples: as stated, else whole samples of the input, in its type or in bytes. */
function sampleLayout(
  source: ByteSource,
  stated: Stated,
  input: InputSpec | undefined,
): { type: TensorType; dims: number[]; assumed: boolean } {
  if (stated.type && stated.dims) {
    checkSize(source, stated.type, stated.dims);
    return { type: stated.type, dims: [...stated.dims], assumed: false };
  }
  const own = input?.dims.slice(1) ?? [null];
  const inner = stated.dims ? stated.dims.slice(1) : own.every((dim) => dim !== null) ? own : undefined;
  if (!inner || !input) throw shapeUnknown(source, input);
  const types = stated.type ? [stated.type] : [input.type, 'uint8' as const];
  for (const type of types) {
    const count = source.sizeBytes / (elementCount(inner) * bytesPerElement(type));
    const isStated = stated.dims === undefined || stated.dims[0] === count;
    if (Number.isInteger(count) && count > 0 && isStated) return { type, dims: [count, ...inner], assumed: true };
  }
  throw shapeUnknown(source, input);
}

/** One label for each sample, in the type that makes as many of the file's bytes. */
function labelLayout(source: ByteSource, stated: Stated, count: number): { type: TensorType; dims: number[] } {
  const sized = (['int64', 'int32', 'uint8'] as const).find(
    (type) => bytesPerElement(type) * count === source.sizeBytes,
  );
  const type = stated.type ?? sized;
  if (!type) {
    throw new Fault('data-labels-count', {
      message: 'There are not as many labels as samples.',
      file: source.file,
      place: source.path,
      found: `${source.sizeBytes} bytes`,
      accepted: `${count} labels of int64, int32 or uint8`,
      next: 'Drop the labels that belong to these samples.',
    });
  }
  return { type, dims: [...(stated.dims ?? [source.sizeBytes / bytesPerElement(type)])] };
}

/** Numbers without a header, little-endian, samples first. */
export const raw: Loader = {
  name: 'raw',
  help: 'raw .bin files, type and shape in the name (x_float32_100x3x32x32.bin) or in a .json beside; labels in labels.bin',
  accepts: (files) => files.some(({ format }) => format === 'raw'),
  async load(files, { inputs }) {
    const all = files
      .filter(({ format, source }) => format === 'raw' && source.sizeBytes > 0)
      .map(({ source }) => source);
    const isLabels = (source: ByteSource): boolean => LABEL_FILE.test(baseName(source.path).replace(/\.[^.]*$/, ''));
    const warnings: string[] = [];
    const columns: ArrayColumn[] = [];
    const statedOf = async (source: ByteSource): Promise<Stated> =>
      (await fromSideFile(source, files)) ?? fromName(source.path);
    for (const source of all.filter((one) => !isLabels(one))) {
      const stem = baseName(source.path).split('.')[0] ?? '';
      const input = inputs.find(({ name }) => stem === name || stem.startsWith(`${name}_`)) ?? inputs[columns.length];
      const { type, dims, assumed } = sampleLayout(source, await statedOf(source), input);
      if (assumed)
        warnings.push(
          `Nothing states type and shape of ${baseName(source.path)}; read as ${type} [${dims.join(', ')}].`,
        );
      columns.push(
        arrayColumn(input?.name ?? stem, source, { type, dims, bigEndian: false, fortranOrder: false, offset: 0 }),
      );
    }
    const labelFile = all.find(isLabels);
    const layout = labelFile && labelLayout(labelFile, await statedOf(labelFile), columns[0]?.count ?? 0);
    const labels =
      labelFile &&
      layout &&
      arrayColumn('labels', labelFile, { ...layout, bigEndian: false, fortranOrder: false, offset: 0 });
    const rest = files.filter(({ source }) => !all.includes(source) && !/\.json$/i.test(source.path));
    return { columns, ...(labels && { labels }), warnings: [...warnings, ...leftAside(rest)] };
  },
};
