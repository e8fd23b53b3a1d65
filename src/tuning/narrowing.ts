import { Fault } from '../base/fault.ts';
import type { OpCapability } from '../quantize/capability-types.ts';
import type { Int8OpConfig } from '../quantize/config.ts';
import type { ConstraintEntry } from './constraint-entry.ts';
import { CONSTRAINT_ITEMS } from './constraint-items.ts';
import type { ConstraintItem } from './constraint-items.ts';
import type { DroppedValues } from './dropped-values.ts';

/** What is left of an op's options; `float`: whether float compute is left too. */
export interface Narrowed {
  readonly int8: readonly Int8OpConfig[];
  readonly float: boolean;
}

/** A list that applies to an op, and the places in the YAML that made it. */
interface Limit {
  readonly values: readonly string[];
  readonly places: readonly string[];
}

/**
 * Narrows the options of one op: first by the `op_wise` entries in file order, then by the type-level entry; where op and
 * type have nothing in common, the op wins. Values that the op cannot have are dropped and noted in `dropped`. `pinnable`
 * forms are left only where a list names none but theirs. Throws `config-empty-space` where no choice is left.
 */
export function narrow(
  op: OpCapability,
  preferred: readonly Int8OpConfig[],
  pinnable: readonly Int8OpConfig[],
  typeEntry: ConstraintEntry | undefined,
  opEntries: readonly ConstraintEntry[],
  dropped: DroppedValues,
): Narrowed {
  const limits = new Map<ConstraintItem, Limit>();
  for (const item of CONSTRAINT_ITEMS) {
    const limit = limitOf(op, item, preferred, pinnable, typeEntry, opEntries, dropped);
    if (limit !== undefined) limits.set(item, limit);
  }
  if (limits.size === 0) return { int8: preferred, float: true };
  const options = [...preferred, ...pinnedForms(preferred, pinnable, limits)];
  const int8 = options.filter((option) => [...limits].every(([item, { values }]) => fits(option, item, values)));
  const float = [...limits].every(([item, { values }]) => !item.isDtype || values.includes('fp32'));
  if (int8.length === 0 && !float) throw emptied(op, options, limits);
  return { int8: inUserOrder(int8, options, limits), float };
}

/** The pinnable forms that are like a preferred one in all that no list names. */
function pinnedForms(
  preferred: readonly Int8OpConfig[],
  pinnable: readonly Int8OpConfig[],
  limits: ReadonlyMap<ConstraintItem, Limit>,
): readonly Int8OpConfig[] {
  const isPinned = [...limits].some(([item, { values }]) => !namesAny(values, possibleValues(item, preferred)));
  if (!isPinned) return [];
  const free = CONSTRAINT_ITEMS.filter((item) => !limits.has(item));
  const usual = free.map((item) => [item, possibleValues(item, preferred)] as const);
  return pinnable.filter((form) => usual.every(([item, values]) => fits(form, item, values)));
}

function namesAny(values: readonly string[], possible: readonly string[]): boolean {
  return values.some((value) => value !== 'fp32' && possible.includes(value)) || values.every((v) => v === 'fp32');
}

function fits(option: Int8OpConfig, item: ConstraintItem, values: readonly string[]): boolean {
  return !item.concerns(option) || values.includes(item.of(option));
}

function limitOf(
  op: OpCapability,
  item: ConstraintItem,
  preferred: readonly Int8OpConfig[],
  pinnable: readonly Int8OpConfig[],
  typeEntry: ConstraintEntry | undefined,
  opEntries: readonly ConstraintEntry[],
  dropped: DroppedValues,
): Limit | undefined {
  const usual = possibleValues(item, preferred);
  const keep = (entry: ConstraintEntry): Limit | undefined => {
    const listed = item.listed(entry.constraint);
    if (listed === null) return undefined;
    const possible = namesAny(listed, usual) ? usual : possibleValues(item, [...preferred, ...pinnable]);
    const values = listed.filter((value) => possible.includes(value));
    dropped.note(entry, item, op.name, listed, possible);
    return values.length === 0 ? undefined : { values, places: [`${entry.path}.${item.path}`] };
  };
  const ofOp = opEntries.map(keep).reduce((a, b) => intersectOps(op, a, b), undefined);
  const ofType = typeEntry === undefined ? undefined : keep(typeEntry);
  if (ofOp === undefined || ofType === undefined) return ofOp ?? ofType;
  return intersect(ofOp, ofType) ?? dropped.override(ofOp, ofType, op.name);
}

/** Capability values of an item in order of enumeration; float compute is always among the dtypes. */
export function possibleValues(item: ConstraintItem, options: readonly Int8OpConfig[]): readonly string[] {
  const values = options.filter((option) => item.concerns(option)).map((option) => item.of(option));
  return [...new Set(item.isDtype ? [...values, 'fp32'] : values)];
}

function intersect(a: Limit, b: Limit): Limit | undefined {
  const values = a.values.filter((value) => b.values.includes(value));
  return values.length === 0 ? undefined : { values, places: [...a.places, ...b.places] };
}

function intersectOps(op: OpCapability, a: Limit | undefined, b: Limit | undefined): Limit | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const both = intersect(a, b);
  if (both !== undefined) return both;
  throw new Fault('config-empty-space', {
    message: `Two entries of op_wise leave the op ${op.name} no choice.`,
    place: [...a.places, ...b.places].join(' and '),
    found: `${a.values.join(', ')} and ${b.values.join(', ')}`,
    next: 'Let one of the patterns leave this op out.',
  });
}

function emptied(
  op: OpCapability,
  options: readonly Int8OpConfig[],
  limits: ReadonlyMap<ConstraintItem, Limit>,
): Fault {
  const guilty = [...limits].filter(([item, { values }]) => !options.every((option) => fits(option, item, values)));
  const named = guilty.length > 0 ? guilty : [...limits];
  return new Fault('config-empty-space', {
    message: `The constraints leave the op ${op.name} (${op.opType}) no choice.`,
    place: named.flatMap(([, { places }]) => places).join(' and '),
    found: named.map(([item, { values }]) => `${item.path}: ${values.join(', ')}`).join('; '),
    accepted: named.map(([item]) => `${item.path}: ${possibleValues(item, options).join(', ')}`).join('; '),
    next: 'Add one of the accepted values, or fp32 to both dtype lists.',
  });
}

/** The order of the user's lists decides the order of enumeration; items without list keep the capability's. */
function inUserOrder(
  int8: readonly Int8OpConfig[],
  options: readonly Int8OpConfig[],
  limits: ReadonlyMap<ConstraintItem, Limit>,
): readonly Int8OpConfig[] {
  const orders = CONSTRAINT_ITEMS.map((item) => limits.get(item)?.values ?? possibleValues(item, options));
  const rank = (option: Int8OpConfig): number[] =>
    CONSTRAINT_ITEMS.map((item, i) => (item.concerns(option) ? (orders[i]?.indexOf(item.of(option)) ?? 0) : 0));
  const ranked = int8.map((option) => ({
    option,
    mode: options.findIndex(({ mode }) => mode === option.mode),
    rank: rank(option),
  }));
  ranked.sort((a, b) => a.mode - b.mode || compareRanks(a.rank, b.rank));
  return ranked.map(({ option }) => option);
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((value, i) => value !== b[i]);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}
