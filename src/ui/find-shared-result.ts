import type { SourceFile } from '../base/source-file.ts';
import { readSharedFile } from '../history/share-link.ts';
import type { SharedResult } from '../history/shared-result.ts';

/** Larger JSON files are something else. */
const MAX_BYTES = 64 * 2 ** 20;

/** The shared result among dropped files; null if there is none. Throws `link-unreadable` for one that is broken. */
export async function findSharedResult(files: readonly SourceFile[]): Promise<SharedResult | null> {
  for (const { path, blob } of files) {
    if (!/\.json$/i.test(path) || blob.size > MAX_BYTES) continue;
    const shared = await readSharedFile(parse(await blob.text()), path);
    if (shared) return shared;
  }
  return null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
