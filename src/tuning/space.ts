import { Fault } from '../base/fault.ts';
import type { Warning } from '../base/fault-codes.ts';
import type { ModelCapability, OpCapability } from '../quantize/capability-types.ts';
import type { Int8OpConfig, RecipeName } from '../quantize/config.ts';
import type { Constraint } from './config/constraint.ts';
import type { Approach } from './config/quantization.ts';
import type { TuneSettings } from './config/settings.ts';
import { constraintEntries } from './constraint-entry.ts';
import type { ConstraintEntry } from './constraint-entry.ts';
import { allowsFloat, namesInt8 } from './constraint-items.ts';
import { DroppedValues, countOps } from './dropped-values.ts';
import { narrow } from './narrowing.ts';
import { RECIPE_KEYS, RECIPE_NAMES } from './recipes.ts';
import type { RecipeChoice, SpaceOp, TuningSpace } from './types.ts';

/**
 * The capability narrowed by the approach, the recipes, and model_wise → optype_wise → op_wise. Throws
 * `config-matches-nothing` and `config-empty-space`; everything that is left out otherwise is a warning.
 */
export function buildSpace(
  capability: ModelCapability,
  settings: TuneSettings,
): { readonly space: TuningSpace; readonly warnings: readonly Warning[] } {
  const { quantization } = settings;
  if (settings.device === 'gpu') return { space: floatSpace(capability, quantization), warnings: [] };
  const entries = constraintEntries(capability.ops, quantization);
  const keptFloat = endsKeptFloat(capability.ops, quantization.recipes);
  const dropped = new DroppedValues();
  const capable = new Set<string>();
  const ops = capability.ops.map((op): SpaceOp => {
    const typeEntry = entries.byType.get(op.opType);
    const opEntries = entries.opWise.filter((entry) => entry.ops.has(op.name));
    const constraints = [...opEntries, typeEntry].flatMap((entry) => entry?.constraint ?? []);
    const options = keptFloat.has(op) ? [] : modeOptions(op, quantization.approach, constraints);
    const asked = quantization.approach === 'weight_only' || constraints.some(namesInt8);
    const base = { name: op.name, opType: op.opType, glue: op.glue, weightBytes: op.weightBytes };
    if (options.length === 0 || !(op.pays || asked)) return { ...base, int8: [], float: true };
    capable.add(op.name);
    const pinnable = ofApproach(op.pinnable ?? [], quantization.approach);
    return { ...base, ...narrow(op, options, pinnable, typeEntry, opEntries, dropped) };
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
  const recipes = recipeChoices(capability, quantization.recipes);
  return {
    space: { ops, samplingSizes, weightStorage, smoothQuant: alphas, smoothAlways, recipes: recipes.choices },
    warnings: [...warnings, ...recipes.warnings],
  };
}

/** For WebGPU, which has no int8 kernels. */
function floatSpace({ ops }: ModelCapability, { calibration, recipes }: TuneSettings['quantization']): TuningSpace {
  const { weightStorage, float16Compute } = recipes;
  return {
    ops: ops.map(({ name, opType, glue }): SpaceOp => ({ name, opType, glue, int8: [], float: true })),
    samplingSizes: calibration.samplingSizes,
    weightStorage,
    smoothQuant: [],
    smoothAlways: false,
    recipes: {
      equalization: 'off',
      weightClip: 'off',
      biasCorrection: 'off',
      outlierChannels: 'off',
      matmulNBits: 'off',
    },
    ...(float16Compute !== false && { float16Compute: float16Compute === true ? 'always' : 'offered' }),
  };
}

/** 4-bit weights cost accuracy: they are options where the configuration names them. */
function modeOptions(
  { int8, weightOnly = [] }: OpCapability,
  approach: Approach,
  constraints: readonly Constraint[],
): readonly Int8OpConfig[] {
  const integer = ofApproach(int8, approach);
  const asked = approach === 'weight_only' || constraints.some(({ weight }) => weight.dtype?.includes('int4'));
  return asked ? [...integer, ...weightOnly] : integer;
}

function ofApproach(forms: readonly Int8OpConfig[], approach: Approach): readonly Int8OpConfig[] {
  return approach === 'auto' ? forms : forms.filter(({ mode }) => mode === approach);
}

/** The first and the last Conv or MatMul, where the recipes leave them float. Gemm counts: Neural Compressor turns it into MatMul before it looks. */
function endsKeptFloat(
  ops: readonly OpCapability[],
  { firstConvOrMatmulQuantization, lastConvOrMatmulQuantization }: TuneSettings['quantization']['recipes'],
): ReadonlySet<OpCapability | undefined> {
  const layers = ops.filter(({ opType }) => opType === 'Conv' || opType === 'MatMul' || opType === 'Gemm');
  const ends = new Set<OpCapability | undefined>();
  if (!firstConvOrMatmulQuantization) ends.add(layers[0]);
  if (!lastConvOrMatmulQuantization) ends.add(layers.at(-1));
  return ends;
}

function recipeChoices(
  capability: ModelCapability,
  settings: TuneSettings['quantization']['recipes'],
): { choices: TuningSpace['recipes']; warnings: Warning[] } {
  const choice = (name: RecipeName): RecipeChoice => {
    if (settings[name] === false || !capability.recipes.includes(name)) return 'off';
    return settings[name] === true ? 'always' : 'offered';
  };
  const idle = RECIPE_NAMES.filter((name) => settings[name] === true && choice(name) === 'off');
  return {
    choices: Object.fromEntries(RECIPE_NAMES.map((name) => [name, choice(name)])) as Record<RecipeName, RecipeChoice>,
    warnings: idle.map((name) => ({
      code: 'config-no-effect',
      place: `quantization.recipes.${RECIPE_KEYS[name]}`,
      message: 'It changes nothing: the model has nothing that it works on.',
    })),
  };
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
