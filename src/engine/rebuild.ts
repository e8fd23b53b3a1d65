import { Fault } from '../base/fault.ts';
import { sha256 } from '../base/hash.ts';
import type { SourceFile } from '../data/dataset.ts';
import type { Recipe } from '../history/recipe.ts';
import type { Loudest } from '../history/session-record.ts';
import { concatenate } from '../onnx/encode.ts';
import { loadModel } from '../onnx/load-model.ts';
import type { ActivationRange, ActivationRanges, RangeMethod } from '../quantize/config.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { calibrationTensors } from '../quantize/rewrite/activation-parameters.ts';
import { rewrite } from '../quantize/rewrite/rewrite.ts';
import { selectOps } from '../quantize/rewrite/select.ts';
import { WeightCache } from '../quantize/rewrite/weight-cache.ts';
import type { TuneConfig } from '../tuning/types.ts';
import { prepareModel } from './prepare.ts';
import { smoothModel } from './smooth.ts';

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
  const { smoothQuant } = recipe.config;
  const model = smoothQuant === undefined ? prepared : smoothModel(prepared, recipe.loudest ?? {}, smoothQuant);
  const bytes = concatenate(rewrite(model, recipe.config, recipe.ranges, new WeightCache()).parts);
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
  readonly ranges: ActivationRanges;
  readonly loudest?: Loudest;
  readonly model: PreparedModel;
  readonly inputDims: Recipe['inputDims'];
}

/** The recipe of a tuned model, with no more ranges than its config reads. */
export function makeRecipe({
  octet,
  source,
  int8Sha256,
  config,
  ranges,
  model,
  inputDims,
  loudest,
}: RecipeParts): Recipe {
  const methods = new Set<RangeMethod>();
  for (const op of Object.values(config.ops))
    if (op !== 'fp32' && op.mode === 'static') methods.add(op.activation.algorithm);
  const tensors = calibrationTensors(model, selectOps(model, config));
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
    ...(loudest ? { loudest } : {}),
    inputDims,
  };
}
