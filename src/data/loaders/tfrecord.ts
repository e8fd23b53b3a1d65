import { Fault } from '../../base/fault.ts';
import { allocate, elementCount, type Tensor } from '../../base/tensor.ts';
import { seekableSource, type ByteSource } from '../byte-source.ts';
import {
  memoryColumn,
  type ArrayColumn,
  type Column,
  type ImageColumn,
  type LoadedColumns,
  type TableField,
} from '../column.ts';
import { decodeImage } from '../decode-image.ts';
import { exampleFeatures, type Feature } from '../example-features.ts';
import { numberClasses } from '../label-table.ts';
import { readRecord, recordFrames, type RecordFrame } from '../record-frames.ts';
import type { Sample } from '../sample.ts';
import { sniffBytes } from '../sniff.ts';
import { leftAside, type Loader, type LoadRequest } from './loader.ts';

/** Keys of TensorFlow's own converters, the likelier first. */
const IMAGE_KEYS = ['image/encoded', 'image', 'image_raw', 'image/raw', 'encoded', 'x'];
const LABEL_KEYS = ['image/class/label', 'label', 'labels', 'class', 'class/label', 'y', 'target'];
const SIZE_KEYS = {
  height: ['image/height', 'height', 'rows'],
  width: ['image/width', 'width', 'cols'],
  channels: ['image/channels', 'channels', 'depth', 'image/depth'],
};

type Features = ReadonlyMap<string, Feature>;

const placeOf = ({ source, index }: RecordFrame): string => `${source.path}, record ${index}`;

async function featuresOf(frame: RecordFrame): Promise<Features> {
  const record = await readRecord(frame);
  try {
    return exampleFeatures(record);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw unreadable(frame, 'The record is no tf.Example.', thrown.message);
  }
}

function unreadable({ source, index }: RecordFrame, message: string, found: string): Fault {
  return new Fault('data-unreadable', {
    message,
    file: source.file,
    place: `${source.path}, record ${index}`,
    found,
    accepted: 'tf.Example records whose features are alike in each',
    next: 'Write the records again, or drop the data in another form.',
  });
}

function integerOf(features: Features, keys: readonly string[]): number | undefined {
  const feature = keys.map((key) => features.get(key)).find((found) => found?.kind === 'int64');
  return feature?.kind === 'int64' && feature.values.length === 1 ? Number(feature.values[0]) : undefined;
}

/** An encoded picture, or its bytes as they are with height, width and channels beside them. */
async function pictureOf(features: Features, key: string, frame: RecordFrame): Promise<Sample> {
  const feature = features.get(key);
  const bytes = feature?.kind === 'bytes' ? feature.values[0] : undefined;
  if (!bytes) throw unreadable(frame, `The feature ${key} holds no bytes.`, feature?.kind ?? 'no such feature');
  const format = sniffBytes(bytes.subarray(0, 16));
  if (format === 'png' || format === 'jpeg') return decodeImage(bytesSource(bytes, frame));
  const height = integerOf(features, SIZE_KEYS.height);
  const width = integerOf(features, SIZE_KEYS.width);
  const side = Math.sqrt(bytes.length / (integerOf(features, SIZE_KEYS.channels) ?? 1));
  const [rows, columns] = height && width ? [height, width] : Number.isInteger(side) ? [side, side] : [0, 0];
  const channels = bytes.length / (rows * columns);
  if (![1, 2, 3, 4].includes(channels)) {
    const found = `${bytes.length} bytes for a picture of ${columns} × ${rows}`;
    throw unreadable(frame, `The feature ${key} is neither PNG, JPEG nor raw bytes of a known size.`, found);
  }
  return { type: 'uint8', dims: [rows, columns, channels], data: Float32Array.from(bytes) };
}

function bytesSource(bytes: Uint8Array, frame: RecordFrame): ByteSource {
  return {
    path: placeOf(frame),
    file: frame.source.file,
    sizeBytes: bytes.length,
    seekable: true,
    read: async (start = 0, end = bytes.length) => bytes.subarray(start, end),
  };
}

function pictures(name: string, frames: readonly RecordFrame[]): ImageColumn {
  const at = (index: number): RecordFrame => frames[index] as RecordFrame;
  return {
    kind: 'image',
    name,
    file: frames[0]?.source.file ?? '',
    count: frames.length,
    place: (index) => `sample ${index} (${placeOf(at(index))})`,
    read: async (index) => pictureOf(await featuresOf(at(index)), name, at(index)),
  };
}

/** A feature of numbers as a column; every record must hold as many as the first. */
function numbers(name: string, frames: readonly RecordFrame[], first: Feature, dims: readonly number[]): ArrayColumn {
  const type = first.kind === 'float' ? 'float32' : 'int64';
  const row = elementCount(dims);
  return {
    kind: 'array',
    name,
    file: frames[0]?.source.file ?? '',
    type,
    dims: [frames.length, ...dims],
    count: frames.length,
    isFlat: true,
    async read(start, count): Promise<Tensor> {
      const data = allocate(type, count * row);
      for (const [i, frame] of frames.slice(start, start + count).entries()) {
        const feature = (await featuresOf(frame)).get(name);
        if (feature?.kind !== first.kind || feature.values.length !== row) {
          const found = feature ? `${feature.values.length} values of ${feature.kind}` : 'no such feature';
          throw unreadable(frame, `The feature ${name} is not like that of the first record.`, found);
        }
        data.set(feature.values as never, i * row);
      }
      return { type, dims: [count, ...dims], data };
    },
  };
}

/** Dims of one sample: those of the input that the feature feeds (or the only one) where as many values fit it, else a vector. */
function dimsFor(name: string, count: number, { inputs, arrays }: LoadRequest): number[] {
  const chosen = inputs.find((input) => arrays?.inputs?.[input.name] === name);
  const named = chosen ?? inputs.find((input) => input.name === name);
  const input = named ?? (inputs.length === 1 ? inputs[0] : undefined);
  const dims = input?.dims.slice(1) ?? [];
  return dims.every((dim) => dim !== null) && elementCount(dims) === count ? dims : [count];
}

/** The feature that holds the labels: the chosen one, else one of a usual name that feeds no input. */
function labelKeyOf(features: Features, { inputs, arrays = {} }: LoadRequest): string | undefined {
  if (arrays.labels !== undefined && features.has(arrays.labels)) return arrays.labels;
  const feeding = inputs.map(({ name }) => arrays.inputs?.[name] ?? name);
  return LABEL_KEYS.find((key) => features.has(key) && !feeding.includes(key));
}

/** Whether a feature of bytes is a picture: by what it holds, by its name, or because it is to feed an input. */
function isPicture(key: string, features: Features, { inputs, arrays }: LoadRequest): boolean {
  const feature = features.get(key);
  if (feature?.kind !== 'bytes') return false;
  const format = sniffBytes(feature.values[0]?.subarray(0, 16) ?? new Uint8Array());
  const feeding = inputs.flatMap(({ name }) => [name, arrays?.inputs?.[name] ?? name]);
  return format === 'png' || format === 'jpeg' || feeding.includes(key) || IMAGE_KEYS.includes(key);
}

async function labelsOf(
  key: string,
  frames: readonly RecordFrame[],
  { classNames }: LoadRequest,
): Promise<Omit<LoadedColumns, 'columns'> & { readonly labels: ArrayColumn }> {
  const texts: string[] = [];
  for (const frame of frames) {
    const feature = (await featuresOf(frame)).get(key);
    const value = feature?.values[0];
    if (feature?.values.length !== 1 || value === undefined) {
      throw new Fault('data-labels-missing', {
        message: `A record has no single value of ${key}, which holds the labels of others.`,
        file: frame.source.file,
        place: placeOf(frame),
        found: `${feature?.values.length ?? 0} values`,
        next: 'Leave the record out, or give it a label.',
      });
    }
    texts.push(value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value));
  }
  const file = frames[0]?.source.file ?? '';
  const { tensor, ...numbered } = numberClasses(texts, file, classNames);
  return { ...numbered, labels: memoryColumn(key, file, tensor) };
}

/** TFRecord files of `tf.Example`: pictures (encoded or raw) and lists of numbers, labels under the usual keys. */
export const tfrecord: Loader = {
  name: 'tfrecord',
  help: 'TFRecord files of tf.Example: image/encoded and image/class/label, or lists of numbers named as the inputs',
  accepts: (files) => files.some(({ format }) => format === 'tfrecord'),
  async load(files, request) {
    const frames: RecordFrame[] = [];
    for (const { source, format } of files) {
      if (format === 'tfrecord') frames.push(...(await recordFrames(seekableSource(source))));
    }
    const warnings = leftAside(files.filter(({ format }) => format !== 'tfrecord'));
    const [first] = frames;
    if (!first) return { columns: [], warnings };
    const features = await featuresOf(first);
    const labelKey = labelKeyOf(features, request);
    const keys = [...features.keys()].filter((key) => key !== labelKey);
    const images = keys.filter((key) => isPicture(key, features, request));
    const sizes = images.length > 0 ? Object.values(SIZE_KEYS).flat() : [];
    const columns: Column[] = images.map((key) => pictures(key, frames));
    const texts: TableField[] = [];
    for (const [name, feature] of features) {
      if (name === labelKey || images.includes(name) || sizes.includes(name)) continue;
      if (feature.kind === 'bytes')
        texts.push({ name, file: first.source.file, rows: frames.length, dims: null, feeds: [] });
      else columns.push(numbers(name, frames, feature, dimsFor(name, feature.values.length, request)));
    }
    if (labelKey === undefined) return { columns, texts, warnings };
    const { warnings: more, ...labels } = await labelsOf(labelKey, frames, request);
    return { columns, texts, ...labels, warnings: [...warnings, ...more] };
  },
};
