import { Fault } from '../base/fault.ts';
import { archiveEntries } from '../data/archive-entries.ts';
import { withoutCommonFolder, type ByteSource } from '../data/byte-source.ts';
import type { SourceFile } from '../data/dataset.ts';

const ARCHIVE = /\.(zip|tar|tgz|tar\.gz)$/i;
const MODEL = /\.onnx$/i;
const YAML = /\.ya?ml$/i;
/** Data sets bring YAML files of their own along. */
const CONFIGURATION = /^(tuning|quantization|evaluation|model)\s*:/m;
const MAX_CONFIGURATION_BYTES = 2 ** 20;

/**
 * Takes archives that hold a model or a configuration apart, so that each of their files finds its place; those of data alone
 * stay whole, since loaders read them as they are. So does one that is damaged: whoever reads it says what is wrong.
 */
export async function unpackArchives(files: readonly SourceFile[]): Promise<SourceFile[]> {
  const unpacked: SourceFile[] = [];
  for (const file of files) unpacked.push(...(ARCHIVE.test(file.path) ? await unpack(file) : [file]));
  return unpacked;
}

async function unpack(file: SourceFile): Promise<readonly SourceFile[]> {
  try {
    const entries = await archiveEntries(file);
    if (!entries || !(await holdsMoreThanData(entries))) return [file];
    const paths = withoutCommonFolder(entries.map(({ path }) => path));
    return await Promise.all(
      entries.map(async (entry, i) => ({
        path: paths[i] ?? entry.path,
        blob: new Blob([(await entry.read()) as Uint8Array<ArrayBuffer>]),
      })),
    );
  } catch (thrown) {
    if (thrown instanceof Fault) return [file];
    throw thrown;
  }
}

async function holdsMoreThanData(entries: readonly ByteSource[]): Promise<boolean> {
  if (entries.some(({ path }) => MODEL.test(path))) return true;
  for (const entry of entries) {
    if (!YAML.test(entry.path) || entry.sizeBytes > MAX_CONFIGURATION_BYTES) continue;
    if (CONFIGURATION.test(new TextDecoder().decode(await entry.read()))) return true;
  }
  return false;
}
