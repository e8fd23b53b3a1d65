import {
  BlobReader,
  Uint8ArrayWriter,
  ZipReader,
  configure,
  type FileEntry,
} from '@zip.js/zip.js/lib/zip-core-native.js';
import { Fault } from '../base/fault.ts';
import { blobSource, isClutter, type ByteSource } from './byte-source.ts';

// Data are read in a worker already; zip.js would start its own from a blob URL, which the page's policy forbids.
configure({ useWebWorkers: false });

const STORED = 0;
const LOCAL_HEADER_BYTES = 30;

function unreadable(thrown: unknown, file: string, place?: string): Fault {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  const cutOff = /end of central directory|unexpected end|premature|out of bounds|truncated|terminated/i.test(reason);
  return new Fault(
    cutOff ? 'data-truncated' : 'data-unreadable',
    {
      message: cutOff ? 'The archive ends too early.' : 'The archive cannot be read.',
      file,
      ...(place !== undefined && { place }),
      found: reason,
      next: 'Copy or make the archive again: without a password, stored or deflated.',
    },
    { cause: thrown },
  );
}

/** A stored entry is a range of the blob: found behind the names of its local header. */
async function storedSource(blob: Blob, entry: FileEntry, path: string, file: string): Promise<ByteSource | undefined> {
  const header = new DataView(await blob.slice(entry.offset, entry.offset + LOCAL_HEADER_BYTES).arrayBuffer());
  if (header.byteLength < LOCAL_HEADER_BYTES || header.getUint32(0, true) !== 0x04034b50) return undefined;
  const start = entry.offset + LOCAL_HEADER_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
  return blobSource(path, file, blob.slice(start, start + entry.uncompressedSize));
}

function deflatedSource(entry: FileEntry, path: string, file: string): ByteSource {
  const read = async (start?: number, end?: number): Promise<Uint8Array> => {
    try {
      const whole = await entry.getData(new Uint8ArrayWriter(), { checkSignature: true });
      return start === undefined && end === undefined ? whole : whole.slice(start, end);
    } catch (thrown) {
      throw unreadable(thrown, file, entry.filename);
    }
  };
  return { path, file, sizeBytes: entry.uncompressedSize, seekable: false, read };
}

/** The files of a zip archive, of which only the directory is read. Throws `data-truncated` or `data-unreadable`. */
export async function zipEntries(blob: Blob, folder: string, file: string): Promise<ByteSource[]> {
  const sources: ByteSource[] = [];
  try {
    for (const entry of await new ZipReader(new BlobReader(blob)).getEntries()) {
      if (entry.directory || isClutter(entry.filename)) continue;
      const path = folder + entry.filename;
      const seekable = entry.compressionMethod === STORED && !entry.encrypted;
      const stored = seekable ? await storedSource(blob, entry, path, file) : undefined;
      sources.push(stored ?? deflatedSource(entry, path, file));
    }
  } catch (thrown) {
    throw unreadable(thrown, file);
  }
  return sources;
}
