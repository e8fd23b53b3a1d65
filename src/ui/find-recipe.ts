import type { SourceFile } from '../base/source-file.ts';
import { checkRecipe, type Recipe } from '../history/recipe.ts';

/** A recipe is small; larger JSON files are something else. */
const MAX_BYTES = 64 * 2 ** 20;

/** The recipe among dropped files; null if there is none. Throws `recipe-unreadable` for one that is broken. */
export async function findRecipe(files: readonly SourceFile[]): Promise<Recipe | null> {
  for (const { path, blob } of files) {
    if (!/\.json$/i.test(path) || blob.size > MAX_BYTES) continue;
    const value = parse(await blob.text()) as Partial<Recipe> | null;
    if (value?.format === 'octet-recipe/1') return checkRecipe(value, path);
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
