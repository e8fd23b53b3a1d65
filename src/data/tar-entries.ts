import { Fault } from '../base/fault.ts';
import { isClutter, type ByteSource } from './byte-source.ts';

const BLOCK = 512;
const MAGIC_AT = 257;

/** Whether bytes begin as a tar archive does (POSIX ustar and GNU; older ones have no mark). */
export function isTarHead(head: Uint8Array): boolean {
  return [0x75, 0x73, 0x74, 0x61, 0x72].every((byte, i) => head[MAGIC_AT + i] === byte);
}

function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** A size: octal digits, or with the highest bit set a binary number. */
function sizeOf(field: Uint8Array): number {
  if ((field[0] ?? 0) < 0x80) return parseInt(text(field).trim() || '0', 8);
  return field.subarray(1).reduce((value, byte) => value * 256 + byte, 0);
}

/** The `path` of a pax header: lines of a length, a key and a value. */
function paxPath(records: string): string | undefined {
  return /^\d+ path=(.*)$/m.exec(records)?.[1];
}

function part(source: ByteSource, path: string, start: number, size: number): ByteSource {
  return {
    path,
    file: source.file,
    sizeBytes: size,
    seekable: true,
    ...(source.blob && { blob: source.blob.slice(start, start + size) }),
    read: (from = 0, to = size) => source.read(start + from, start + Math.min(to, size)),
  };
}

function damaged(source: ByteSource, at: number): Fault {
  return new Fault('data-truncated', {
    message: 'The tar archive is cut off or damaged.',
    file: source.file,
    place: `byte ${at}`,
    next: 'Copy or make the archive again.',
  });
}

/** The files of a tar archive, as ranges of it; `source` must be seekable. Throws `data-truncated`. */
export async function tarEntries(source: ByteSource, folder: string): Promise<ByteSource[]> {
  const entries: ByteSource[] = [];
  let longName: string | undefined;
  for (let at = 0; at < source.sizeBytes;) {
    const header = await source.read(at, at + BLOCK);
    if (header.length < BLOCK) throw damaged(source, at);
    if (header.every((byte) => byte === 0)) break;
    const size = sizeOf(header.subarray(124, 136));
    const start = at + BLOCK;
    if (!isTarHead(header) || !(size >= 0) || start + size > source.sizeBytes) {
      throw damaged(source, at);
    }
    const kind = String.fromCharCode(header[156] ?? 0);
    if (kind === 'L') longName = text(await source.read(start, start + size));
    else if (kind === 'x') longName = paxPath(new TextDecoder().decode(await source.read(start, start + size)));
    else {
      const [name, prefix] = [text(header.subarray(0, 100)), text(header.subarray(345, 500))];
      const path = (longName ?? (prefix ? `${prefix}/${name}` : name)).replace(/^\.\//, '');
      longName = undefined;
      if ((kind === '0' || kind === '\0') && !isClutter(path)) entries.push(part(source, folder + path, start, size));
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
  return entries;
}
