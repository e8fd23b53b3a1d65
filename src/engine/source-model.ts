import type { Loudest } from '../history/session-record.ts';
import type { OpConfig, QuantizeConfig } from '../quantize/config.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { equalize } from '../quantize/recipes/equalization.ts';
import { smoothQuant, type ChannelScaling } from '../quantize/recipes/smooth-quant.ts';

/** A recipe that changes the float model before it is calibrated, equal in float but for rounding. */
export interface GraphRecipe {
  /** Names it, strength included. */
  readonly key: string;
  /** Whether `apply` looks at the channels of the model it is applied to. */
  readonly needsLoudest: boolean;
  apply(model: PreparedModel, loudest: Loudest, onScaling?: (scaling: ChannelScaling) => void): PreparedModel;
}

/** True where some op has calibrated ranges. */
export function isStatic({ ops }: QuantizeConfig): boolean {
  return Object.values<OpConfig>(ops).some((op) => op !== 'fp32' && op.mode === 'static');
}

/** The graph recipes of a config: none without static ops. */
export function graphRecipes(config: QuantizeConfig): GraphRecipe[] {
  return isStatic(config) ? switchedOn(config) : [];
}

/** In the order in which they are applied: what needs no data first. */
export function switchedOn({
  equalization,
  smoothQuant: alpha,
}: Pick<QuantizeConfig, 'equalization' | 'smoothQuant'>): GraphRecipe[] {
  const recipes: GraphRecipe[] = [];
  if (equalization) recipes.push({ key: 'equalized', needsLoudest: false, apply: (model) => equalize(model) });
  if (alpha !== undefined) {
    recipes.push({
      key: `smoothed ${alpha}`,
      needsLoudest: true,
      apply: (model, loudest, onScaling) => smoothQuant(model, channelsOf(loudest), alpha, onScaling),
    });
  }
  return recipes;
}

/** The float model that the rewrite of a config starts from. `loudest`: channels of the model that SmoothQuant is applied to. */
export function sourceModel(
  model: PreparedModel,
  config: QuantizeConfig,
  loudest: Loudest,
  onScaling?: (scaling: ChannelScaling) => void,
): PreparedModel {
  return graphRecipes(config).reduce((source, recipe) => recipe.apply(source, loudest, onScaling), model);
}

function channelsOf(loudest: Loudest): Map<string, Float32Array> {
  return new Map(Object.entries(loudest).map(([tensor, values]) => [tensor, Float32Array.from(values)]));
}
