import type { RecipeName } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { rolesOf } from '../rules/registry.ts';
import { takesCorrection } from './bias-correction.ts';
import { isBlockProduct } from '../rewrite/emit-block-products.ts';
import { equalizablePairs } from './equalizable-pairs.ts';
import { hasSplittable } from './outlier-channels.ts';

/** Recipes that a config switches on or off, and whether they have anything to work on. SmoothQuant has its strength instead. */
const WORKS_ON: Readonly<Record<RecipeName, (model: PreparedModel) => boolean>> = {
  equalization: (model) => equalizablePairs(model).length > 0,
  weightClip: (model) => weightedNodes(model).length > 0,
  biasCorrection: (model) => weightedNodes(model).some((node) => takesCorrection(model.graph, node)),
  outlierChannels: hasSplittable,
  matmulNBits: (model) => model.graph.nodes.some((node) => isBlockProduct(node, model)),
};

export function workingRecipes(model: PreparedModel): RecipeName[] {
  return (Object.keys(WORKS_ON) as RecipeName[]).filter((name) => WORKS_ON[name](model));
}

function weightedNodes(model: PreparedModel): PreparedModel['graph']['nodes'] {
  return model.graph.nodes.filter((node) => {
    const roles = rolesOf(node, model);
    return typeof roles !== 'string' && roles.weight !== undefined;
  });
}
