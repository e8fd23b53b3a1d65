import { extension } from './byte-source.ts';
import { isTensorHead } from './onnx-tensor.ts';
import { isRecordHeader } from './record-frames.ts';
import { isTarHead } from './tar-entries.ts';

export type FileFormat =
  | 'npy'
  | 'zip'
  | 'gzip'
  | 'tar'
  | 'idx'
  | 'png'
  | 'jpeg'
  | 'tfrecord'
  | 'onnx-tensor'
  | 'csv'
  | 'jsonl'
  | 'text'
  | 'raw'
  | 'pickle'
  | 'hdf5'
  | 'parquet'
  | 'unknown';

/** Bytes a sniff needs. */
export const SNIFF_BYTES = 264;

const MAGIC: readonly (readonly [FileFormat, readonly number[]])[] = [
  ['npy', [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]],
  ['png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['hdf5', [0x89, 0x48, 0x44, 0x46]],
  ['jpeg', [0xff, 0xd8, 0xff]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
  ['zip', [0x50, 0x4b, 0x05, 0x06]],
  ['gzip', [0x1f, 0x8b]],
  ['parquet', [0x50, 0x41, 0x52, 0x31]],
];

const EXTENSIONS: Readonly<Record<string, FileFormat>> = {
  npy: 'npy',
  npz: 'zip',
  zip: 'zip',
  gz: 'gzip',
  tgz: 'gzip',
  tar: 'tar',
  png: 'png',
  jpg: 'jpeg',
  jpeg: 'jpeg',
  csv: 'csv',
  tsv: 'csv',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  txt: 'text',
  tfrecord: 'tfrecord',
  tfrecords: 'tfrecord',
  bin: 'raw',
  raw: 'raw',
  dat: 'raw',
  pkl: 'pickle',
  pickle: 'pickle',
};

/** Type bytes of the IDX format and how many dimensions a plausible file has. */
function isIdx(head: Uint8Array): boolean {
  const [a, b, type = 0, rank = 0] = head;
  return a === 0 && b === 0 && [0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e].includes(type) && rank >= 1 && rank <= 5;
}

/** A pickle of protocol 2 to 5. */
function isPickle([first, second = 0]: Uint8Array): boolean {
  return first === 0x80 && second >= 2 && second <= 5;
}

/** What a file is by its first bytes. */
export function sniffBytes(head: Uint8Array): FileFormat {
  const match = MAGIC.find(([, magic]) => magic.every((byte, i) => head[i] === byte));
  if (match) return match[0];
  if (isTarHead(head)) return 'tar';
  if (isIdx(head)) return 'idx';
  if (isPickle(head)) return 'pickle';
  if (isRecordHeader(head)) return 'tfrecord';
  return isTensorHead(head) ? 'onnx-tensor' : 'unknown';
}

/** What a file is called. */
export function formatByName(path: string): FileFormat {
  return EXTENSIONS[extension(path)] ?? 'unknown';
}
