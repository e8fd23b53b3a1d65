import { nearest } from '../../base/nearest.ts';
import type { Cursor } from './cursor.ts';
import { defaultText, type OutlineKey } from './outline.ts';

/** A value as js-yaml writes it; maps keep their order (op names may look like numbers). */
export type Plain = null | boolean | number | string | readonly Plain[] | ReadonlyMap<string, Plain>;

/** One kind of value, both ways: from the YAML tree to settings and back. */
export interface Shape<T> {
  /** What is accepted, in words, for messages. */
  readonly accepts: string;
  /** Throws `config-*` faults placed at the cursor. */
  read(cursor: Cursor): T;
  /** Undefined: leave the key out. */
  write(value: T): Plain | undefined;
  /** What an editor can offer here: the words of a closed set, or pluggable parts as keys. */
  readonly words?: readonly string[];
  readonly parts?: readonly OutlineKey[];
}

export type ValueOf<S> = S extends Shape<infer T> ? T : never;

/** A key of a section: its YAML name, the shape of its value, the value where it is absent, and what it does. */
export interface Key<T> {
  readonly yaml: string;
  readonly shape: Shape<T>;
  readonly default: T;
  readonly help: string;
  /** Why the key, accepted as Neural Compressor accepts it, changes nothing in Octet; given keys lead to a warning. */
  readonly unused?: string;
  /** Warning for a section that lacks the key. */
  readonly absent?: string;
}

export function key<T>(
  yaml: string,
  shape: Shape<T>,
  fallback: NoInfer<T>,
  help: string,
  more: { readonly unused?: string; readonly absent?: string } = {},
): Key<T> {
  return { yaml, shape, default: fallback, help, ...more };
}

type Keys = Readonly<Record<string, Key<unknown>>>;
type SectionValue<K extends Keys> = { readonly [Name in keyof K]: K[Name] extends Key<infer T> ? T : never };

export interface Section<T> extends Shape<T> {
  readonly keys: Keys;
  /** The value of a section that says nothing. */
  readonly defaults: T;
}

interface SectionMore<T> {
  /** Keys of Neural Compressor that Octet refuses, with the reason: `config-unsupported`. */
  readonly unsupported?: Readonly<Record<string, string>>;
  /** Rules that span keys; may throw, warn, or mend the value. */
  check?(value: T, cursor: Cursor): T;
}

/** A map with known keys. A key given as null counts as absent. Throws `config-unknown-key`. */
export function section<K extends Keys>(keys: K, more: SectionMore<SectionValue<K>> = {}): Section<SectionValue<K>> {
  type Value = SectionValue<K>;
  const names = Object.entries(keys);
  const known = names.map(([, { yaml }]) => yaml);
  const collect = (valueOf: (name: string, declared: Key<unknown>) => unknown): Value =>
    Object.fromEntries(names.map(([name, declared]) => [name, valueOf(name, declared)])) as Value;
  return {
    accepts: `a map with the keys ${known.join(', ')}`,
    parts: Object.values(keys).map(outlined),
    keys,
    defaults: collect((_, declared) => declared.default),
    read(cursor) {
      if (cursor.node.kind !== 'map') throw cursor.invalid(this.accepts);
      rejectUnknownKeys(cursor, known, more.unsupported ?? {});
      const value = collect((_, declared) => readKey(cursor, declared));
      return more.check?.(value, cursor) ?? value;
    },
    write(value) {
      const written = new Map<string, Plain>();
      for (const [name, declared] of names) {
        const plain = writeKey(declared, value[name as keyof Value]);
        if (plain !== undefined) written.set(declared.yaml, plain);
      }
      return written;
    },
  };
}

function outlined({ yaml, shape, default: fallback, help, unused }: Key<unknown>): OutlineKey {
  const { accepts, words = [], parts = [] } = shape;
  const shown = parts.length > 0 ? null : defaultText(fallback);
  return { name: yaml, help, accepts, default: shown, ...(unused !== undefined && { unused }), words, keys: parts };
}

function readKey(cursor: Cursor, { yaml, shape, default: fallback, unused, absent }: Key<unknown>): unknown {
  const child = cursor.child(yaml);
  if (child === undefined) {
    if (absent !== undefined) cursor.warn('config-key-absent', absent);
    return fallback;
  }
  const value = shape.read(child);
  if (unused !== undefined) child.warn('config-key-unused', `${child.path} has no effect in Octet: ${unused}`);
  return value;
}

/** Keys without effect are written only where they were set, so that a reload warns about nothing new. */
function writeKey({ shape, unused, default: fallback }: Key<unknown>, value: unknown): Plain | undefined {
  if (value === null || value === undefined) return undefined;
  if (unused !== undefined && (value === fallback || (Array.isArray(value) && value.length === 0))) return undefined;
  return shape.write(value);
}

function rejectUnknownKeys(
  cursor: Cursor,
  known: readonly string[],
  unsupported: Readonly<Record<string, string>>,
): void {
  for (const { key: found, keyOffset, cursor: child } of cursor.children()) {
    if (known.includes(found)) continue;
    const reason = Object.hasOwn(unsupported, found) ? unsupported[found] : undefined;
    if (reason !== undefined) {
      const details = { message: `${child.path} is not supported: ${reason}`, found, next: 'Remove the key.' };
      throw child.fault('config-unsupported', details, keyOffset);
    }
    const near = nearest(found, known);
    throw child.fault(
      'config-unknown-key',
      {
        message: `${child.path} is not a key of this configuration.`,
        found,
        accepted: known.join(', '),
        next: near === undefined ? 'Remove the key.' : `Did you mean ${near}?`,
      },
      keyOffset,
    );
  }
}

/** The same shape where saying nothing means null. */
export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return {
    accepts: shape.accepts,
    ...(shape.words && { words: shape.words }),
    ...(shape.parts && { parts: shape.parts }),
    read: (cursor) => shape.read(cursor),
    write: (value) => (value === null ? undefined : shape.write(value)),
  };
}
