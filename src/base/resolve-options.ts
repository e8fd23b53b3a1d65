import { Fault } from './fault.ts';
import { nearest } from './nearest.ts';
import type { OptionDeclaration, OptionSchema, OptionValue, OptionValues } from './options.ts';

const SCALAR_OF = { integers: 'integer', numbers: 'number', strings: 'string' } as const;
type ScalarType = 'integer' | 'number' | 'boolean' | 'string';
type Scalar = number | boolean | string;

function isScalar(type: ScalarType, value: unknown): value is Scalar {
  if (type === 'integer') return Number.isSafeInteger(value);
  if (type === 'number') return typeof value === 'number' && Number.isFinite(value);
  return typeof value === type;
}

/** A list type also takes one bare value, or text with commas as the YAML of Neural Compressor allows. */
function listItems(value: unknown, type: ScalarType): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value !== 'string' || type === 'string') return [value];
  return value.split(',').map((part) => (part.trim() === '' ? part : Number(part)));
}

function describeAccepted({ type, allowed, min, max }: OptionDeclaration): string {
  const range = [min !== undefined && `at least ${min}`, max !== undefined && `at most ${max}`].filter(Boolean);
  const kind = type in SCALAR_OF ? `a list of ${type}` : `${type === 'integer' ? 'an' : 'a'} ${type}`;
  return allowed ? allowed.join(', ') : [kind, ...range].join(', ');
}

function withinLimits(value: Scalar, { allowed, min, max }: OptionDeclaration): boolean {
  if (allowed && !allowed.some((item) => item === value)) return false;
  return typeof value !== 'number' || (value >= (min ?? -Infinity) && value <= (max ?? Infinity));
}

function resolveValue(declaration: OptionDeclaration, value: unknown, place: string): OptionValue {
  const { type } = declaration;
  const isList = type === 'integers' || type === 'numbers' || type === 'strings';
  const scalarType = isList ? SCALAR_OF[type] : type;
  const items = isList ? listItems(value, scalarType) : [value];
  const scalars = items.filter((item): item is Scalar => isScalar(scalarType, item) && withinLimits(item, declaration));
  if (scalars.length === items.length && items.length > 0) return (isList ? scalars : scalars[0]) as OptionValue;
  throw new Fault('config-invalid-value', {
    message: `Value of ${place} is not accepted.`,
    place,
    found: JSON.stringify(value) ?? String(value),
    accepted: describeAccepted(declaration),
    next: declaration.help,
  });
}

/**
 * Checks what was given against what a part declares and fills in the defaults. `where` names the part in messages, as in
 * `evaluation.accuracy.metric.topk`. `null` counts as not given. Throws `config-unknown-key`, `config-invalid-value`, `config-missing-key`.
 */
export function resolveOptions(
  schema: OptionSchema,
  given: Readonly<Record<string, unknown>>,
  where: string,
): OptionValues {
  const known = Object.keys(schema);
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(schema, key)) continue;
    const guess = nearest(key, known);
    throw new Fault('config-unknown-key', {
      message: `${where} has no option named ${key}.`,
      place: `${where}.${key}`,
      found: key,
      accepted: known.join(', ') || 'no options',
      next: guess ? `Did you mean ${guess}?` : 'Remove the key, or use one of the accepted ones.',
    });
  }
  const values: Record<string, OptionValue> = {};
  for (const [key, declaration] of Object.entries(schema)) {
    const place = `${where}.${key}`;
    const value = given[key];
    if (value !== undefined && value !== null) values[key] = resolveValue(declaration, value, place);
    else if (declaration.default !== undefined) values[key] = declaration.default;
    else {
      throw new Fault('config-missing-key', {
        message: `${where} needs the option ${key}.`,
        place,
        accepted: describeAccepted(declaration),
        next: declaration.help,
      });
    }
  }
  return values;
}
