import type { OutlineKey } from '../../tuning/config/outline.ts';
import type { YamlPlace } from './yaml-lines.ts';

/** What stands at the end of a path; undefined where the outline has none. Op names and other free keys end the search. */
export function outlineKey(outline: readonly OutlineKey[], path: readonly string[]): OutlineKey | undefined {
  let keys = outline;
  let found: OutlineKey | undefined;
  for (const name of path) {
    found = keys.find((key) => key.name === name);
    if (!found) return undefined;
    keys = found.keys;
  }
  return found;
}

/** What can be written at a place. */
export function offersAt(outline: readonly OutlineKey[], { path, isValue }: YamlPlace): readonly Offer[] {
  const here = outlineKey(outline, path);
  if (isValue) return (here?.words ?? []).map((word) => ({ label: word, insert: word, detail: '', help: '' }));
  const keys = path.length === 0 ? outline : (here?.keys ?? []);
  return keys.map((key) => ({
    label: key.name,
    insert: key.keys.length > 0 ? `${key.name}:` : `${key.name}: `,
    detail: key.keys.length > 0 ? '' : (key.default ?? ''),
    help: helpText(key),
  }));
}

export interface Offer {
  readonly label: string;
  readonly insert: string;
  /** The default, in short. */
  readonly detail: string;
  readonly help: string;
}

/** What a key does, what it takes, and its default. */
export function helpText({ help, accepts, default: fallback, unused, keys }: OutlineKey): string {
  const takes = keys.length > 0 ? '' : `\nTakes ${accepts}.${fallback === null ? '' : ` Default: ${fallback}.`}`;
  return `${help}${takes}${unused === undefined ? '' : `\nNo effect in Octet: ${unused}`}`;
}
