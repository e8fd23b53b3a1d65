import { baseName, blobSource, seekableSource, type ByteSource } from './byte-source.ts';
import type { SourceFile } from './dataset.ts';
import { gunzip } from './gunzip.ts';
import { SNIFF_BYTES, sniffBytes, type FileFormat } from './sniff.ts';
import { tarEntries } from './tar-entries.ts';
import { zipEntries } from './zip-entries.ts';

/** The files of a zip, a tar or a tar.gz, as they lie in it; null for any other file. Throws `archive-too-large`, `data-truncated`, `data-unreadable`. */
export async function archiveEntries({ path, blob }: SourceFile): Promise<ByteSource[] | null> {
  const folder = path.slice(0, -baseName(path).length);
  let source: ByteSource = blobSource(path, path, blob);
  let format = await formatOf(source);
  if (format === 'zip') return zipEntries(blob, folder, path);
  if (format === 'gzip') {
    source = await gunzip(source);
    format = await formatOf(source);
  }
  return format === 'tar' ? tarEntries(seekableSource(source), folder) : null;
}

async function formatOf(source: ByteSource): Promise<FileFormat> {
  return sniffBytes(await source.read(0, SNIFF_BYTES));
}
