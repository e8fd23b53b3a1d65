import type { LoadedColumns } from '../column.ts';
import type { RecognisedFile } from '../recognised-files.ts';

/** A layout of files that can be read as samples. One file and one line in `registry.ts`. */
export interface Loader {
  readonly name: string;
  readonly help: string;
  accepts(files: readonly RecognisedFile[]): boolean;
  /** Reads headers and directories, no samples. Throws `data-*` faults. `needsLabels`: labels that cannot be read are a fault, not a warning. */
  load(files: readonly RecognisedFile[], needsLabels: boolean): Promise<LoadedColumns>;
}

/** A warning for the files a loader has no use for; none for none. */
export function leftAside(files: readonly RecognisedFile[]): string[] {
  if (files.length === 0) return [];
  const names = files.slice(0, 3).map(({ source }) => source.path);
  return [`Not used: ${names.join(', ')}${files.length > 3 ? ` and ${files.length - 3} more files` : ''}.`];
}
