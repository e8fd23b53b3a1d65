import { crc32c } from '../base/crc32c.ts';
import { Fault } from '../base/fault.ts';
import type { ByteSource } from './byte-source.ts';

/** Length (8 bytes), its checksum (4), the record, its checksum (4). */
const HEADER_BYTES = 12;
const FOOTER_BYTES = 4;
/** Read at once while headers are looked for: records are often small. */
const PIECE_BYTES = 4 * 2 ** 20;

export interface RecordFrame {
  readonly source: ByteSource;
  /** Number of the record in its file, from 0. */
  readonly index: number;
  /** Where the record itself begins. */
  readonly start: number;
  readonly length: number;
}

/** The masked CRC-32C of TFRecord (tensorflow/core/lib/hash/crc32c.h): rotated by 15 bits, plus a constant. */
export function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Whether the bytes begin with a frame of TFRecord: the checksum of the length says so. */
export function isRecordHeader(head: Uint8Array): boolean {
  if (head.length < HEADER_BYTES) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return maskedCrc(head.subarray(0, 8)) === view.getUint32(8, true);
}

function damaged(source: ByteSource, index: number, code: 'data-truncated' | 'data-unreadable'): Fault {
  return new Fault(code, {
    message: code === 'data-truncated' ? 'The file ends within a record.' : 'The checksum of a record is wrong.',
    file: source.file,
    place: `${source.path}, record ${index}`,
    accepted: 'a TFRecord file: length, checksum, record, checksum',
    next: 'Copy or write the file again; a compressed TFRecord must be plain or gzipped as a whole.',
  });
}

/** Where the records of a TFRecord file lie; lengths are checked by their checksums. Throws `data-truncated`, `data-unreadable`. */
export async function recordFrames(source: ByteSource): Promise<RecordFrame[]> {
  const frames: RecordFrame[] = [];
  let piece = new Uint8Array(0);
  let pieceStart = 0;
  for (let at = 0; at < source.sizeBytes;) {
    const index = frames.length;
    if (at + HEADER_BYTES > source.sizeBytes) throw damaged(source, index, 'data-truncated');
    if (at < pieceStart || at + HEADER_BYTES > pieceStart + piece.length) {
      piece = (await source.read(at, at + PIECE_BYTES)) as Uint8Array<ArrayBuffer>;
      pieceStart = at;
    }
    const head = piece.subarray(at - pieceStart, at - pieceStart + HEADER_BYTES);
    if (!isRecordHeader(head)) throw damaged(source, index, 'data-unreadable');
    const length = Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));
    const start = at + HEADER_BYTES;
    at = start + length + FOOTER_BYTES;
    if (at > source.sizeBytes) throw damaged(source, index, 'data-truncated');
    frames.push({ source, index, start, length });
  }
  return frames;
}

/** The bytes of a record. Throws `data-unreadable` where its checksum is wrong. */
export async function readRecord({ source, index, start, length }: RecordFrame): Promise<Uint8Array> {
  const bytes = await source.read(start, start + length + FOOTER_BYTES);
  if (bytes.length < length + FOOTER_BYTES) throw damaged(source, index, 'data-truncated');
  const record = bytes.subarray(0, length);
  const expected = new DataView(bytes.buffer, bytes.byteOffset).getUint32(length, true);
  if (maskedCrc(record) !== expected) throw damaged(source, index, 'data-unreadable');
  return record;
}
