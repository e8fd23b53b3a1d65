import type { SourceFile } from '../base/source-file.ts';
import { checkRecipe, type Recipe } from '../history/recipe.ts';
import { readSessionExport, type SessionExport } from '../history/session-export.ts';
import { readSharedFile } from '../history/share-link.ts';
import type { SharedResult } from '../history/shared-result.ts';

/** A JSON file that Octet has written. */
export type OctetDocument = { readonly file: SourceFile } & (
  | { readonly kind: 'shared'; readonly shared: SharedResult }
  | { readonly kind: 'session'; readonly exported: SessionExport }
  | { readonly kind: 'recipe'; readonly recipe: Recipe }
);

/** Exported sessions hold a model; JSON files beyond this are data. */
const MAX_BYTES = 512 * 2 ** 20;

/**
 * The first of Octet's own documents among dropped files; null if there is none. Throws `link-unreadable`, `journal-mismatch` or
 * `recipe-unreadable` for one that is broken.
 */
export async function findDocument(files: readonly SourceFile[]): Promise<OctetDocument | null> {
  for (const file of files) {
    const { path, blob } = file;
    if (!/\.json$/i.test(path) || blob.size > MAX_BYTES) continue;
    const value = parse(await blob.text());
    const shared = await readSharedFile(value, path);
    if (shared) return { kind: 'shared', file, shared };
    const exported = readSessionExport(value, path);
    if (exported) return { kind: 'session', file, exported };
    const { format } = (value ?? {}) as Partial<Recipe>;
    if (format === 'octet-recipe/1') return { kind: 'recipe', file, recipe: checkRecipe(value, path) };
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
