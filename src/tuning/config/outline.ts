import type { OptionDeclaration, OptionSchema } from '../../base/options.ts';

/** A key of a configuration as an editor explains it. */
export interface OutlineKey {
  readonly name: string;
  readonly help: string;
  readonly accepts: string;
  /** Value where it is absent; null where there is none to show. */
  readonly default: string | null;
  /** Why it has no effect in Octet. */
  readonly unused?: string;
  /** The words of a closed set; empty where any value of its kind will do. */
  readonly words: readonly string[];
  /** Keys below it. */
  readonly keys: readonly OutlineKey[];
}

/** Pluggable parts as the keys of a map of names to options. */
export function partKeys(
  declared: readonly { readonly name: string; readonly help: string; readonly options: OptionSchema }[],
): OutlineKey[] {
  return declared.map(({ name, help, options }) => ({
    name,
    help,
    accepts: 'its options',
    default: null,
    words: [],
    keys: optionKeys(options),
  }));
}

export function optionKeys(options: OptionSchema): OutlineKey[] {
  return Object.entries(options).map(([name, { help, type, allowed, default: fallback }]) => ({
    name,
    help,
    accepts: allowed ? allowed.join(', ') : TYPES[type],
    default: defaultText(fallback),
    words: allowed?.map(String) ?? (type === 'boolean' ? ['true', 'false'] : []),
    keys: [],
  }));
}

const TYPES: Readonly<Record<OptionDeclaration['type'], string>> = {
  integer: 'an integer',
  number: 'a number',
  boolean: 'true or false',
  string: 'text',
  integers: 'a list of integers',
  numbers: 'a list of numbers',
  strings: 'a list of texts',
};

/** Plain values and lists of them; null for nothing and for maps, which are told by their keys. */
export function defaultText(value: unknown): string | null {
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(String).join(', ');
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? String(value) : null;
}
