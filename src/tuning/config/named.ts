import type { OptionSchema, OptionValues } from '../../base/options.ts';
import { nearest } from '../../base/nearest.ts';
import type { Cursor } from './cursor.ts';
import { partKeys } from './outline.ts';
import { readOptions, writeOptions } from './options.ts';
import type { Plain, Shape } from './shape.ts';

/** A pluggable part as its registry declares it. */
export interface Declared {
  readonly name: string;
  readonly help: string;
  readonly options: OptionSchema;
}

/** The names that a configuration may use; they come from the registries of other layers. */
export interface Vocabulary {
  readonly metrics: readonly Declared[];
  readonly transforms: readonly Declared[];
  readonly strategies: readonly Declared[];
}

/** A pluggable part chosen by the configuration, all its options filled in. */
export interface NamedSpec {
  readonly name: string;
  readonly options: OptionValues;
}

/** What a registry holds and what Neural Compressor has besides. */
export interface Names {
  /** What it is, for messages: metric, transform, dataset. */
  readonly noun: string;
  readonly declared: readonly Declared[];
  /** Names of Neural Compressor that Octet does not have: `config-unsupported` instead of an unknown key. */
  readonly elsewhere: readonly string[];
}

/** `{name: options}` with exactly one name, or the bare name. */
export function oneNamed(names: Names): Shape<NamedSpec> {
  const accepts = `one ${names.noun}: ${names.declared.map(({ name }) => name).join(', ')}`;
  return {
    accepts,
    words: names.declared.map(({ name }) => name),
    parts: partKeys(names.declared),
    read(cursor) {
      if (cursor.node.kind === 'scalar') return readNamed(cursor.node.text, cursor, undefined, names);
      const children = cursor.children();
      const [only] = children;
      if (only === undefined) throw cursor.invalid(accepts);
      if (children.length > 1) {
        const message = `${cursor.path} names ${children.length} ${names.noun}s; it takes one.`;
        throw cursor.fault('config-contradiction', { message, found: cursor.found(), next: 'Keep one of them.' });
      }
      return readNamed(only.key, only.cursor, only.keyOffset, names);
    },
    write: (spec) => new Map([writeNamed(spec)]),
  };
}

/** A map of names to options, in written order; a list of such maps where a name comes twice. */
export function manyNamed(names: Names): Shape<readonly NamedSpec[]> {
  const accepts = `a map of ${names.noun}s: ${names.declared.map(({ name }) => name).join(', ')}`;
  const one = oneNamed(names);
  return {
    accepts,
    parts: partKeys(names.declared),
    read(cursor) {
      if (cursor.node.kind === 'list') return cursor.node.items.map((item, i) => one.read(cursor.item(item, i)));
      if (cursor.node.kind !== 'map') throw cursor.invalid(accepts);
      return cursor.children().map((child) => readNamed(child.key, child.cursor, child.keyOffset, names));
    },
    write(specs) {
      if (specs.length === 0) return undefined;
      const distinct = new Set(specs.map(({ name }) => name)).size === specs.length;
      return distinct ? new Map(specs.map(writeNamed)) : specs.map((spec) => new Map([writeNamed(spec)]));
    },
  };
}

/** The cursor is at the options; `keyOffset` undefined: it is at the name, which stands alone. */
export function readNamed(name: string, cursor: Cursor, keyOffset: number | undefined, names: Names): NamedSpec {
  const declared = names.declared.find((each) => each.name === name);
  if (declared === undefined) throw unknownName(name, cursor, keyOffset, names);
  const alone = keyOffset === undefined;
  return { name, options: readOptions(alone ? cursor.emptied() : cursor, declared.options) };
}

function unknownName(
  name: string,
  cursor: Cursor,
  keyOffset: number | undefined,
  { noun, declared, elsewhere }: Names,
): Error {
  const known = declared.map((each) => each.name);
  const offset = keyOffset ?? cursor.node.offset;
  if (elsewhere.includes(name)) {
    const message = `The ${noun} ${name} of Neural Compressor is not part of Octet.`;
    const details = { message, found: name, accepted: known.join(', '), next: `Choose another ${noun}.` };
    return cursor.fault('config-unsupported', details, offset);
  }
  const near = nearest(name, [...known, ...elsewhere]);
  const next = near === undefined ? `Choose a ${noun} from the list.` : `Did you mean ${near}?`;
  const details = { message: `There is no ${noun} named ${name}.`, found: name, accepted: known.join(', '), next };
  return cursor.fault(keyOffset === undefined ? 'config-invalid-value' : 'config-unknown-key', details, offset);
}

function writeNamed({ name, options }: NamedSpec): [string, Plain] {
  return [name, writeOptions(options)];
}
