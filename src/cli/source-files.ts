import { openAsBlob } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
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

/** Kinds of files that lie beside models and never hold their weights. */
const NO_WEIGHTS = /\.(onnx|ort|npz|npy|png|jpe?g|gz|zip|tar|ya?ml|json|jsonl|csv|txt|md|html?|py|m?js|log|part)$/i;

/** A model and the files beside it that may hold its external data. Throws `file-unreadable`. */
export async function modelFiles(path: string): Promise<SourceFile[]> {
  if (await isFolder(path)) throw unreadable(path, new Error('it is a folder; the .onnx file itself is wanted'));
  const model = await open(path, basename(path));
  if (!/\.onnx$/i.test(path)) return [model];
  const folder = dirname(path);
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  const others = names.filter((name) => !name.startsWith('.') && !NO_WEIGHTS.test(name));
  return [model, ...(await Promise.all(others.map((name) => open(join(folder, name), name))))];
}

/** A configuration or a module as the engine wants it. Throws `file-unreadable`. */
export async function namedText(path: string): Promise<{ text: string; fileName: string }> {
  return { text: await textFile(path), fileName: basename(path) };
}

/** Throws `file-unreadable`. */
export async function textFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw unreadable(path, cause);
  }
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
