import { constants } from 'node:fs';
import { access, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Fault } from '../base/fault.ts';

/** Tells before any work whether results can be written to `folder`, which need not exist yet. Throws `output-unwritable`. */
export async function checkOutputFolder(folder: string): Promise<void> {
  let existing = resolve(folder);
  try {
    while (!(await exists(existing))) existing = dirname(existing);
    if (!(await stat(existing)).isDirectory()) throw new Error(`${existing} is a file`);
    await access(existing, constants.W_OK);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

/** The same for a file: its folder is made when it is written. Throws `output-unwritable`. */
export async function checkOutputFile(path: string): Promise<void> {
  if ((await exists(path)) && (await stat(path)).isDirectory()) throw unwritable(path, new Error('it is a folder'));
  await checkOutputFolder(dirname(resolve(path)));
}

/** Writes a file whole or not at all: a process that is killed meanwhile leaves no half. Throws `output-unwritable`. */
export async function writeOutput(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.part`, content);
    await rename(`${path}.part`, path);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

/** False for what is not there; anything else that keeps it from being seen is thrown. */
async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw cause;
  }
}

export function unwritable(path: string, cause: unknown): Fault {
  return new Fault(
    'output-unwritable',
    {
      message: 'The output cannot be written',
      file: path,
      found: cause instanceof Error ? cause.message : String(cause),
      next: 'Choose another place with --output, or change its permissions.',
    },
    { cause },
  );
}
