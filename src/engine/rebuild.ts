import { Fault } from '../base/fault.ts';
import { sha256 } from '../base/hash.ts';
import type { SourceFile } from '../data/dataset.ts';
import type { Recipe } from '../history/recipe.ts';
import { concatenate } from '../base/bytes.ts';
import { loadModel } from '../onnx/load-model.ts';
import type { ActivationRange, RangeMethod } from '../quantize/config.ts';
import { splitTensors } from '../quantize/recipes/outlier-channels.ts';
import { smoothableTensors } from '../quantize/recipes/smooth-quant.ts';
import { calibrationTensors } from '../quantize/rewrite/activation-parameters.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { decisiveCosts, type CostTable } from '../quantize/cost/cost-table.ts';
import { rewrite } from '../quantize/rewrite/rewrite.ts';
import { selectOps, type SelectedOp } from '../quantize/rewrite/select.ts';
import { WeightCache } from '../quantize/rewrite/weight-cache.ts';
import type { TuneConfig } from '../tuning/types.ts';
import type { Calibrated } from './calibrator.ts';
import { prepareModel } from './prepare.ts';
import { sourceModel } from './source-model.ts';

/** Makes the int8 model of a recipe again. Throws `model-mismatch` for another float model or another result. */
export async function rebuildModel(recipe: Recipe, files: readonly SourceFile[]): Promise<Uint8Array> {
  const loaded = await loadModel(files);
  if (loaded.sha256 !== recipe.model.sha256) {
    throw new Fault('model-mismatch', {
      message: 'This is not the model that the recipe was made from',
      file: loaded.path,
      found: `SHA-256 ${loaded.sha256}`,
      accepted: `${recipe.model.name} with SHA-256 ${recipe.model.sha256}`,
      next: 'Ask for the very file that was tuned.',
    });
  }
  const prepared = prepareModel(loaded.bytes, recipe.inputDims).model;
  const { config, ranges, means, loudest, outliers } = recipe;
  const model = sourceModel(prepared, config, loudest ?? {});
  const bytes = concatenate(rewrite(model, config, ranges, new WeightCache(), means, 'qdq', outliers).parts);
  const found = await sha256(bytes);
  if (found !== recipe.int8Sha256) {
    throw new Fault('model-mismatch', {
      message: 'The rebuilt model differs from the one that was shared',
      found: `SHA-256 ${found}`,
      accepted: `SHA-256 ${recipe.int8Sha256}`,
      next: `It was made by Octet ${recipe.octet}; use that version.`,
    });
  }
  return bytes;
}

interface RecipeParts {
  readonly octet: string;
  readonly source: Recipe['model'];
  readonly int8Sha256: string;
  readonly config: TuneConfig;
  readonly costs: CostTable | null;
  readonly calibrated: Calibrated;
  readonly inputDims: Recipe['inputDims'];
}

/** The recipe of a tuned model, with no more numbers than its config reads. */
export function makeRecipe({
  octet,
  source,
  int8Sha256,
  config,
  costs,
  calibrated: { model, ranges, means, loudest, outliers },
  inputDims,
}: RecipeParts): Recipe {
  const methods = new Set<RangeMethod>();
  for (const op of Object.values(config.ops))
    if (op !== 'fp32' && op.mode === 'static') methods.add(op.activation.algorithm);
  const selected = selectOps(model, config);
  const tensors = calibrationTensors(model, selected);
  const used = [...methods].map((method): [RangeMethod, Record<string, ActivationRange>] => [
    method,
    Object.fromEntries(tensors.map((tensor) => [tensor, ranges[method]?.[tensor] as ActivationRange])),
  ]);
  return {
    format: 'octet-recipe/1',
    octet,
    model: { name: source.name, sha256: source.sha256 },
    int8Sha256,
    config,
    ranges: Object.fromEntries(used),
    ...(config.smoothQuant === undefined
      ? {}
      : {
          loudest: only(
            loudest,
            smoothableTensors(model).map(({ tensor }) => tensor),
          ),
        }),
    ...(config.biasCorrection ? { means: only(means, correctedTensors([...selected.values()])) } : {}),
    ...(config.outlierChannels ? { outliers: only(outliers, splitTensors(model, config, selected, outliers)) } : {}),
    ...(costs ? { costs: decisiveCosts(costs, typesOf(model)) } : {}),
    inputDims,
  };
}

function typesOf({ graph }: PreparedModel): (op: string) => string {
  const types = new Map(graph.nodes.map(({ name, opType }) => [name, opType]));
  return (op) => types.get(op) ?? '';
}

/** Inputs of the layers whose biases are corrected. */
function correctedTensors(selected: readonly SelectedOp[]): string[] {
  const layers = selected.filter(({ config, roles }) => config.mode === 'static' && roles.weight);
  return layers.map(({ node, roles }) => node.input[roles.activations[0] ?? 0] as string);
}

function only<T>(map: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries([...new Set(names)].flatMap((name) => (name in map ? [[name, map[name] as T]] : [])));
}
