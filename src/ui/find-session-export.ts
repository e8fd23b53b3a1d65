import type { SourceFile } from '../base/source-file.ts';
import { readSessionExport, type SessionExport } from '../history/session-export.ts';

/** The exported session among dropped files; null if there is none. Throws `journal-mismatch` for one that is not whole. */
export async function findSessionExport(files: readonly SourceFile[]): Promise<SessionExport | null> {
  for (const { path, blob } of files) {
    if (!/\.json$/i.test(path)) continue;
    const exported = readSessionExport(parse(await blob.text()), path);
    if (exported) return exported;
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
