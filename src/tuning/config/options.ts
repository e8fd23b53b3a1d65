import type { OptionDeclaration, OptionSchema, OptionValue, OptionValues } from '../../base/options.ts';
import { nearest } from '../../base/nearest.ts';
import type { Cursor } from './cursor.ts';
import { listOf } from './lists.ts';
import { anyText, flag, integer, real } from './scalars.ts';
import type { Plain, Shape } from './shape.ts';

/**
 * Reads the options of a pluggable part: from a map, from nothing, or from one value that stands for the first option
 * (`topk: 1`). `also` names keys of the map that are read elsewhere. Throws `config-unknown-key`, `config-invalid-value`,
 * and `config-missing-key` for an option that has no default.
 */
export function readOptions(cursor: Cursor, schema: OptionSchema, also: readonly string[] = []): OptionValues {
  const [first] = Object.keys(schema);
  const isMap = cursor.node.kind === 'map' || cursor.isNull();
  if (!isMap && first === undefined) throw cursor.invalid('no options');
  rejectUnknownOptions(cursor, [...Object.keys(schema), ...also]);
  const values = Object.entries(schema).map(([name, declaration]): [string, OptionValue] => {
    const given = !isMap && name === first ? cursor : cursor.child(name);
    if (given !== undefined) return [name, readOption(given, declaration)];
    if (declaration.default !== undefined) return [name, declaration.default];
    throw cursor.fault('config-missing-key', {
      message: `${cursor.path} lacks the option ${name}: ${declaration.help}`,
      next: `Add ${name} to ${cursor.path}.`,
    });
  });
  return Object.fromEntries(values);
}

export function writeOptions(values: OptionValues): ReadonlyMap<string, Plain> {
  return new Map(Object.entries(values).filter(([, value]) => value !== null));
}

function rejectUnknownOptions(cursor: Cursor, names: readonly string[]): void {
  const unknown = cursor.children().find(({ key }) => !names.includes(key));
  if (unknown === undefined) return;
  const near = nearest(unknown.key, names);
  throw unknown.cursor.fault(
    'config-unknown-key',
    {
      message: `${unknown.cursor.path} is not an option of ${cursor.path}.`,
      found: unknown.key,
      accepted: names.join(', ') || 'no options',
      next: near === undefined ? 'Remove the option.' : `Did you mean ${near}?`,
    },
    unknown.keyOffset,
  );
}

function readOption(cursor: Cursor, declaration: OptionDeclaration): OptionValue {
  const value = shapeOf(declaration).read(cursor);
  const { allowed } = declaration;
  if (allowed !== undefined) {
    const given: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (!given.every((each) => allowed.some((one) => one === each)))
      throw cursor.invalid(allowed.join(', '), allowed.map(String));
  }
  return value;
}

function shapeOf({ type, min, max }: OptionDeclaration): Shape<OptionValue> {
  const bounds = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
  switch (type) {
    case 'integer':
      return integer(bounds) as Shape<OptionValue>;
    case 'number':
      return real(bounds) as Shape<OptionValue>;
    case 'boolean':
      return flag as Shape<OptionValue>;
    case 'string':
      return anyText as Shape<OptionValue>;
    case 'integers':
      return listOf(integer(bounds)) as Shape<OptionValue>;
    case 'numbers':
      return listOf(real(bounds)) as Shape<OptionValue>;
    case 'strings':
      return listOf(anyText) as Shape<OptionValue>;
  }
}
