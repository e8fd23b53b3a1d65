import { Fault } from '../base/fault.ts';
import type { Warning } from '../base/fault-codes.ts';
import { nearest } from '../base/nearest.ts';
import type { OpCapability } from '../quantize/capability-types.ts';
import type { Constraint } from './config/constraint.ts';
import type { QuantizationSettings } from './config/quantization.ts';
import { opPattern } from './op-pattern.ts';

/** A constraint with its place in the YAML and the ops that it speaks of. */
export interface ConstraintEntry {
  readonly path: string;
  readonly constraint: Constraint;
  readonly ops: ReadonlySet<string>;
}

export interface ConstraintEntries {
  /** The type-level constraint of an op: optype_wise replaces model_wise for the types that it lists. */
  readonly byType: ReadonlyMap<string, ConstraintEntry>;
  readonly opWise: readonly ConstraintEntry[];
  readonly warnings: readonly Warning[];
}

/** Resolves names, types and patterns. Throws `config-matches-nothing` for an `op_wise` pattern without op. */
export function constraintEntries(ops: readonly OpCapability[], settings: QuantizationSettings): ConstraintEntries {
  const warnings: Warning[] = [];
  const byType = new Map<string, ConstraintEntry>();
  const types = new Set(ops.map(({ opType }) => opType));
  for (const { name, constraint } of settings.optypeWise) {
    const path = `quantization.optype_wise.${name}`;
    if (!types.has(name)) warnings.push(typeIsMissing(path, name, types));
    byType.set(name, { path, constraint, ops: namesOf(ops, ({ opType }) => opType === name) });
  }
  if (settings.modelWise !== null) {
    const rest = namesOf(ops, ({ opType }) => !byType.has(opType));
    const modelWise = { path: 'quantization.model_wise', constraint: settings.modelWise, ops: rest };
    for (const type of types) if (!byType.has(type)) byType.set(type, modelWise);
  }
  return { byType, opWise: settings.opWise.map((entry) => opWiseEntry(entry.name, entry.constraint, ops)), warnings };
}

function namesOf(ops: readonly OpCapability[], belongs: (op: OpCapability) => boolean): Set<string> {
  return new Set(ops.filter(belongs).map(({ name }) => name));
}

function typeIsMissing(path: string, type: string, types: ReadonlySet<string>): Warning {
  const near = nearest(type, [...types]);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  return { code: 'config-matches-nothing', place: path, message: `The model has no op of type ${type}.${hint}` };
}

function opWiseEntry(text: string, constraint: Constraint, ops: readonly OpCapability[]): ConstraintEntry {
  const path = `quantization.op_wise.${text}`;
  const names = ops.map(({ name }) => name);
  const matched = new Set(names.filter(compile(text, path, names)));
  if (matched.size > 0) return { path, constraint, ops: matched };
  const near = nearest(text, names);
  throw new Fault('config-matches-nothing', {
    message: `${text} matches no op of the model.`,
    place: path,
    found: text,
    accepted: 'the full name of an op, a glob with * or ?, or a regular expression between slashes (/conv.*/)',
    next: near === undefined ? 'Look the name up in the list of ops.' : `Did you mean ${near}?`,
  });
}

function compile(text: string, place: string, names: readonly string[]): (name: string) => boolean {
  try {
    const pattern = opPattern(text, new Set(names));
    return (name) => pattern.matches(name);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Fault('config-invalid-value', {
      message: `${text} is not a regular expression: ${error.message}.`,
      place,
      found: text,
      next: 'Mend the expression between the slashes.',
    });
  }
}
