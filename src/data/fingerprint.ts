import { Sha256Stream } from '../base/sha256-stream.ts';
import { isClutter, withoutCommonFolder } from './byte-source.ts';
import type { SourceFile } from './dataset.ts';

const PIECE_BYTES = 4 * 1024 * 1024;

/**
 * SHA-256 of the dropped files, the same whether they came as a folder or one by one, in a browser or from a disk. For each
 * file in path order (UTF-16 code units): path (UTF-8, NFC, without folders shared by all), a NUL, the size in 8 bytes
 * little-endian, the bytes.
 */
export async function fingerprint(files: readonly SourceFile[]): Promise<string> {
  const kept = files.filter(({ path }) => !isClutter(path));
  const paths = withoutCommonFolder(kept.map(({ path }) => path.normalize('NFC')));
  const named = kept.map(({ blob }, i) => ({ path: paths[i] ?? '', blob }));
  named.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const hash = new Sha256Stream();
  for (const { path, blob } of named) {
    const size = new Uint8Array(8);
    new DataView(size.buffer).setBigUint64(0, BigInt(blob.size), true);
    hash.update(new TextEncoder().encode(`${path}\0`)).update(size);
    for (let start = 0; start < blob.size; start += PIECE_BYTES) {
      hash.update(new Uint8Array(await blob.slice(start, start + PIECE_BYTES).arrayBuffer()));
    }
  }
  return hash.hex();
}
