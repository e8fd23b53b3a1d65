import { Fault } from '../base/fault.ts';
import type { ArrayTable } from '../base/array-choice.ts';
import { arrayTable } from './array-table.ts';
import { findClassNames } from './class-names.ts';
import type { LoadedColumns } from './column.ts';
import type { SourceFile } from './dataset.ts';
import type { LoadRequest } from './loaders/loader.ts';
import { LOADERS } from './loaders/registry.ts';
import { matchColumns, type MatchedColumns } from './match-columns.ts';
import { recogniseFiles, type RecognisedFile } from './recognised-files.ts';

function unknownFormat(files: readonly RecognisedFile[]): Fault {
  const accepted = LOADERS.map(({ help }) => help).join('; ');
  const [first] = files;
  if (!first)
    return new Fault('data-empty', {
      message: 'No data files were given.',
      accepted,
      next: 'Drop a file or folder with data.',
    });
  const file = first.source.file;
  if (first.source.sizeBytes === 0)
    return new Fault('data-empty', { message: 'The file is empty.', file, next: 'Drop a file with data.' });
  const pickle = files.find(({ format }) => format === 'pickle');
  if (pickle) {
    return new Fault('data-pickled', {
      message: 'The file is a Python pickle, which Octet never runs.',
      file: pickle.source.file,
      accepted,
      next: 'Save the arrays with numpy.savez.',
    });
  }
  const found =
    first.format === 'unknown'
      ? `a file of unknown kind: ${first.source.path}`
      : `${first.format}: ${first.source.path}`;
  return new Fault('data-format-unknown', {
    message: 'No samples were found in the data.',
    file,
    found,
    accepted,
    next: 'Drop data in one of these forms.',
  });
}

async function loadColumns(files: readonly RecognisedFile[], request: LoadRequest): Promise<LoadedColumns> {
  const loader = LOADERS.find((candidate) => candidate.accepts(files));
  if (!loader) throw unknownFormat(files);
  const list = await findClassNames(files);
  const names = list?.names ?? request.classNames;
  const rest = files.filter((file) => file !== list?.file);
  const loaded = await loader.load(rest, { ...request, ...(names && { classNames: names }) });
  return names && !loaded.classNames ? { ...loaded, classNames: names } : loaded;
}

/** What feeds which input, before anything is done to a sample. */
export interface OpenColumns extends MatchedColumns {
  /** By class number; only where there are labels. */
  readonly classNames?: readonly string[];
  /** See `LoadedColumns`. */
  readonly assumesOrder?: boolean;
}

/** By the dropped files and what they are for: a preview, a search and a session open the same ones. */
const opened = new WeakMap<readonly SourceFile[], Map<string, Promise<OpenColumns>>>();

/**
 * Recognises dropped files and matches what they hold to the inputs; once for the same array of files, since indexes, tables and
 * label lists take a pass over all of them. Throws `data-*` faults.
 */
export function openColumns(files: readonly SourceFile[], request: LoadRequest): Promise<OpenColumns> {
  const known = opened.get(files) ?? new Map<string, Promise<OpenColumns>>();
  opened.set(files, known);
  const key = JSON.stringify(request);
  const columns = known.get(key) ?? open(files, request);
  known.set(key, columns);
  columns.catch(() => known.delete(key));
  return columns;
}

async function open(files: readonly SourceFile[], request: LoadRequest): Promise<OpenColumns> {
  const loaded = await loadColumns(await recogniseFiles(files), request);
  const matched = matchColumns(loaded, request.inputs, request.needsLabels, request.arrays);
  const { classNames, assumesOrder = false } = loaded;
  return {
    ...matched,
    ...(matched.labels && classNames && { classNames, assumesOrder }),
    warnings: [...loaded.warnings, ...matched.warnings],
  };
}

/** Every array of the data (or field of a table), what it could be used for and what it is; also where no choice fits yet. */
export async function listArrays(files: readonly SourceFile[], request: LoadRequest): Promise<ArrayTable> {
  const loaded = await loadColumns(await recogniseFiles(files), { ...request, needsLabels: false });
  return arrayTable(loaded, request);
}
