import { baseName, blobSource, isClutter, seekableSource, type ByteSource } from './byte-source.ts';
import type { SourceFile } from './dataset.ts';
import { gunzip } from './gunzip.ts';
import { SNIFF_BYTES, formatByName, sniffBytes, type FileFormat } from './sniff.ts';
import { tarEntries } from './tar-entries.ts';
import { zipEntries } from './zip-entries.ts';

export interface RecognisedFile {
  readonly source: ByteSource;
  readonly format: FileFormat;
}

const ARCHIVES: readonly FileFormat[] = ['zip', 'gzip', 'tar'];

/** Archives inside archives that are opened; more is a mistake or an attack. */
const MAX_DEPTH = 2;

/**
 * First bytes decide, the name where they say nothing. Pictures go by their name alone: a folder of them would cost a read
 * each, or a decompression, and the decoder looks at the bytes anyway.
 */
async function recognise(source: ByteSource): Promise<FileFormat> {
  if (source.sizeBytes === 0) return 'unknown';
  const named = formatByName(source.path);
  if (named === 'png' || named === 'jpeg') return named;
  if (!source.seekable && named !== 'unknown') return named;
  const sniffed = sniffBytes(await source.read(0, SNIFF_BYTES));
  if (sniffed !== 'unknown') return sniffed;
  return named === 'zip' || named === 'gzip' || named === 'tar' ? 'unknown' : named;
}

async function dissolve(source: ByteSource, depth: number): Promise<RecognisedFile[]> {
  const format = await recognise(source);
  if (depth >= MAX_DEPTH || !ARCHIVES.includes(format)) return [{ source, format }];
  if (format === 'gzip') return dissolve(await gunzip(source), depth + 1);
  if (format === 'tar') return dissolveAll(await tarEntries(seekableSource(source), folderOf(source)), depth);
  const blob = new Blob([(await source.read()) as Uint8Array<ArrayBuffer>]);
  return dissolveZip(blob, source, depth);
}

async function dissolveZip(blob: Blob, source: ByteSource, depth: number): Promise<RecognisedFile[]> {
  return dissolveAll(await zipEntries(blob, folderOf(source), source.file), depth);
}

async function dissolveAll(entries: readonly ByteSource[], depth: number): Promise<RecognisedFile[]> {
  const files: RecognisedFile[] = [];
  for (const entry of entries) files.push(...(await dissolve(entry, depth + 1)));
  return files;
}

function folderOf({ path }: ByteSource): string {
  return path.slice(0, -baseName(path).length);
}

/** The dropped files with archives dissolved into what they hold, in path order. Throws `data-truncated`, `data-unreadable`. */
export async function recogniseFiles(files: readonly SourceFile[]): Promise<RecognisedFile[]> {
  const recognised: RecognisedFile[] = [];
  for (const { path, blob } of files) {
    if (isClutter(path)) continue;
    const source = blobSource(path, path, blob);
    const isZip = (await recognise(source)) === 'zip';
    recognised.push(...(isZip ? await dissolveZip(blob, source, 0) : await dissolve(source, 0)));
  }
  return recognised.sort((a, b) => (a.source.path < b.source.path ? -1 : a.source.path > b.source.path ? 1 : 0));
}
