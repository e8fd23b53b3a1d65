import { Fault } from '../../base/fault.ts';
import type { FileFormat } from '../sniff.ts';
import type { LoadedColumns } from '../column.ts';
import type { ArrayChoice } from '../../base/array-choice.ts';
import type { InputSpec } from '../dataset.ts';
import type { RecognisedFile } from '../recognised-files.ts';

/** What the samples are for. */
export interface LoadRequest {
  readonly inputs: readonly InputSpec[];
  /** Labels that cannot be read are a fault, not a warning. */
  readonly needsLabels: boolean;
  /** Names of the classes in their order, where the model tells them. */
  readonly classNames?: readonly string[];
  /** What the user chose; names decide about the rest. */
  readonly arrays?: ArrayChoice;
}

/** A layout of files that can be read as samples. One file and one line in `registry.ts`. */
export interface Loader {
  readonly name: string;
  readonly help: string;
  accepts(files: readonly RecognisedFile[]): boolean;
  /** Reads headers and directories; of tables, whose rows have no fixed place, all. Throws `data-*` faults. */
  load(files: readonly RecognisedFile[], request: LoadRequest): Promise<LoadedColumns>;
}

/** The one file of a format that holds all samples. Throws `data-input-mismatch` where there are several. `kind`: what they are, plural. */
export function onlyFile(files: readonly RecognisedFile[], format: FileFormat, kind: string): RecognisedFile {
  const found = files.filter((file) => file.format === format);
  const [only] = found;
  if (only && found.length === 1) return only;
  throw new Fault('data-input-mismatch', {
    message: `There are ${found.length} ${kind}.`,
    found: found.map(({ source }) => source.path).join(', '),
    next: 'Drop one file with the samples and their labels.',
  });
}

/** A warning for the files a loader has no use for; none for none. */
export function leftAside(files: readonly RecognisedFile[]): string[] {
  if (files.length === 0) return [];
  const names = files.slice(0, 3).map(({ source }) => source.path);
  return [`Not used: ${names.join(', ')}${files.length > 3 ? ` and ${files.length - 3} more files` : ''}.`];
}
