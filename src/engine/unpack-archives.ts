import type { FaultCode } from '../base/fault-codes.ts';
import { Fault } from '../base/fault.ts';
import { archiveEntries } from '../data/archive-entries.ts';
import { checkUnpackedSize } from '../data/archive-size.ts';
import { withoutCommonFolder, type ByteSource } from '../data/byte-source.ts';
import type { SourceFile } from '../data/dataset.ts';
import { checkModelFits } from './model-memory.ts';

const ARCHIVE = /\.(zip|tar|tgz|tar\.gz)$/i;
const MODEL = /\.onnx$/i;
const YAML = /\.ya?ml$/i;
/** Data sets bring YAML files of their own along. */
const CONFIGURATION = /^(tuning|quantization|evaluation|model)\s*:/m;
const MAX_CONFIGURATION_BYTES = 2 ** 20;
const TOO_LARGE: readonly FaultCode[] = ['archive-too-large', 'model-too-large'];

/**
 * Takes archives that hold a model or a configuration apart, so that each of their files finds its place; those of data alone
 * stay whole, since loaders read them as they are. So does one that is damaged: whoever reads it says what is wrong.
 * Throws `model-too-large` and `archive-too-large`.
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
    checkSizes(file, entries);
    const paths = withoutCommonFolder(entries.map(({ path }) => path));
    const unpacked: SourceFile[] = [];
    // One by one: of each only its blob stays, which browsers may keep on the disk.
    for (const [i, entry] of entries.entries()) {
      const blob = entry.blob ?? new Blob([(await entry.read()) as Uint8Array<ArrayBuffer>]);
      unpacked.push({ path: paths[i] ?? entry.path, blob });
    }
    return unpacked;
  } catch (thrown) {
    if (thrown instanceof Fault && !TOO_LARGE.includes(thrown.code)) return [file];
    throw thrown;
  }
}

/** Before anything is unpacked. Throws `model-too-large`, `archive-too-large`. */
function checkSizes({ path }: SourceFile, entries: readonly ByteSource[]): void {
  for (const entry of entries) if (MODEL.test(entry.path)) checkModelFits(entry.path, entry.sizeBytes);
  const packed = entries.filter(({ blob }) => !blob);
  checkUnpackedSize(
    path,
    packed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  );
}

async function holdsMoreThanData(entries: readonly ByteSource[]): Promise<boolean> {
  if (entries.some(({ path }) => MODEL.test(path))) return true;
  for (const entry of entries) {
    if (!YAML.test(entry.path) || entry.sizeBytes > MAX_CONFIGURATION_BYTES) continue;
    if (CONFIGURATION.test(new TextDecoder().decode(await entry.read()))) return true;
  }
  return false;
}
