import { openAsBlob } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { Fault } from '../base/fault.ts';
import type { SourceFile } from '../data/dataset.ts';

/** Files and folders (walked) as the engine wants them; contents are read when they are needed. Throws `file-unreadable`. */
export async function sourceFiles(paths: readonly string[]): Promise<SourceFile[]> {
  const found = await Promise.all(
    paths.map(async (path) => ((await isFolder(path)) ? walk(path) : [await open(path, basename(path))])),
  );
  return found.flat();
}

/** A model and the files beside it that hold its external data, if it names any: all files of its folder but other models. */
export async function modelFiles(path: string): Promise<SourceFile[]> {
  const model = await open(path, basename(path));
  const folder = dirname(path);
  const names = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
  const others = names.filter(
    (name) => name !== basename(path) && /\.(data|bin|weights?|onnx_data|onnx\.data)$/i.test(name),
  );
  return [model, ...(await Promise.all(others.map((name) => open(join(folder, name), name))))];
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function walk(folder: string): Promise<SourceFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(paths.sort().map((path) => open(path, relative(dirname(folder), path).replaceAll('\\', '/'))));
}

async function open(path: string, name: string): Promise<SourceFile> {
  try {
    return { path: name, blob: await openAsBlob(path) };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): Fault {
  return new Fault(
    'file-unreadable',
    {
      message: 'The file cannot be read',
      file: path,
      found: cause instanceof Error ? cause.message : String(cause),
      next: 'Check the path and its permissions.',
    },
    { cause },
  );
}
