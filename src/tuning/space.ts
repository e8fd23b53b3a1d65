import { Fault } from '../base/fault.ts';
import type { Warning } from '../base/fault-codes.ts';
import type { ModelCapability, OpCapability } from '../quantize/capability-types.ts';
import type { Int8OpConfig } from '../quantize/config.ts';
import type { Approach } from './config/quantization.ts';
import type { TuneSettings } from './config/settings.ts';
import { constraintEntries } from './constraint-entry.ts';
import type { ConstraintEntry } from './constraint-entry.ts';
import { allowsFloat, namesInt8 } from './constraint-items.ts';
import { DroppedValues, countOps } from './dropped-values.ts';
import { narrow } from './narrowing.ts';
import type { SpaceOp, TuningSpace } from './types.ts';

/**
 * The capability narrowed by the approach, the recipes, and model_wise → optype_wise → op_wise. Throws
 * `config-matches-nothing` and `config-empty-space`; everything that is left out otherwise is a warning.
 */
export function buildSpace(
  capability: ModelCapability,
  settings: TuneSettings,
): { readonly space: TuningSpace; readonly warnings: readonly Warning[] } {
  const { quantization } = settings;
  const entries = constraintEntries(capability.ops, quantization);
  const first = quantization.recipes.firstConvOrMatmulQuantization ? undefined : firstConvOrMatmul(capability.ops);
  const dropped = new DroppedValues();
  const capable = new Set<string>();
  const ops = capability.ops.map((op): SpaceOp => {
    const typeEntry = entries.byType.get(op.opType);
    const opEntries = entries.opWise.filter((entry) => entry.ops.has(op.name));
    const options = op === first ? [] : modeOptions(op, quantization.approach);
    const asked = [...opEntries, typeEntry].some((entry) => entry !== undefined && namesInt8(entry.constraint));
    const base = { name: op.name, opType: op.opType, glue: op.glue };
    if (options.length === 0 || !(op.pays || asked)) return { ...base, int8: [], float: true };
    capable.add(op.name);
    return { ...base, ...narrow(op, options, typeEntry, opEntries, dropped) };
  });
  const used = new Set([...entries.byType.values(), ...entries.opWise]);
  const warnings = [
    ...entries.warnings,
    ...dropped.report(),
    ...withoutEffect([...used], capable),
    ...leftFloat(ops, capable, used),
  ];
  const { samplingSizes } = quantization.calibration;
  const { weightStorage, smoothQuant, smoothQuantArgs } = quantization.recipes;
  const alphas = smoothQuant !== false && capability.smoothable ? smoothQuantArgs.alpha : [];
  const smoothAlways = smoothQuant === true && alphas.length > 0;
  return { space: { ops, samplingSizes, weightStorage, smoothQuant: alphas, smoothAlways }, warnings };
}

function modeOptions({ int8 }: OpCapability, approach: Approach): readonly Int8OpConfig[] {
  return approach === 'auto' ? int8 : int8.filter(({ mode }) => mode === approach);
}

/** Gemm counts: Neural Compressor turns it into MatMul before it looks. */
function firstConvOrMatmul(ops: readonly OpCapability[]): OpCapability | undefined {
  return ops.find(({ opType }) => opType === 'Conv' || opType === 'MatMul' || opType === 'Gemm');
}

/** Constraints on ops that compute in float anyway; to forbid them float is a contradiction. */
function withoutEffect(entries: readonly ConstraintEntry[], capable: ReadonlySet<string>): Warning[] {
  const idle = entries.filter(({ ops }) => ops.size > 0 && ![...ops].some((name) => capable.has(name)));
  return idle.flatMap(({ path, constraint, ops }) => {
    const names = countOps([...ops]);
    if (!allowsFloat(constraint)) {
      throw new Fault('config-empty-space', {
        message: `${path} forbids float, but ${names} can only compute in float here.`,
        place: path,
        next: 'Add fp32 to the dtype lists, or remove the entry.',
      });
    }
    const listsOnlyFloat = !namesInt8(constraint) && (constraint.weight.dtype ?? constraint.activation.dtype) !== null;
    if (listsOnlyFloat) return [];
    return [
      { code: 'config-no-effect', place: path, message: `It changes nothing: ${names} can only compute in float.` },
    ];
  });
}

/** Ops that could be int8 but were left none of their options, although nobody asked for float. */
function leftFloat(
  ops: readonly SpaceOp[],
  capable: ReadonlySet<string>,
  entries: ReadonlySet<ConstraintEntry>,
): Warning[] {
  const asked = new Set<string>();
  for (const { ops: names, constraint } of entries) {
    const lists = [constraint.weight.dtype, constraint.activation.dtype];
    if (lists.some((list) => list?.every((dtype) => dtype === 'fp32'))) for (const name of names) asked.add(name);
  }
  const left = ops.filter((op) => capable.has(op.name) && op.int8.length === 0 && !asked.has(op.name));
  if (left.length === 0) return [];
  const message = `The constraints leave ${countOps(left.map(({ name }) => name))} float: no int8 option fits all of them.`;
  return [{ code: 'config-left-float', place: 'quantization', message }];
}
