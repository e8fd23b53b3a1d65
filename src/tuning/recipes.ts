import type { Int8OpConfig, QuantizeConfig, RecipeName } from '../quantize/config.ts';
import type { RecipeChoice, TuningSpace } from './types.ts';

/** Keys of the YAML under `quantization.recipes`. */
export const RECIPE_KEYS: Readonly<Record<RecipeName, string>> = {
  equalization: 'equalization',
  weightClip: 'weight_clip',
  biasCorrection: 'fast_bias_correction',
  outlierChannels: 'outlier_channels',
  matmulNBits: 'matmul_nbits',
};

export const RECIPE_NAMES = Object.keys(RECIPE_KEYS) as readonly RecipeName[];

/** Modes of ops without any of which a recipe changes nothing. */
export const RECIPE_MODES: Readonly<Record<RecipeName, readonly Int8OpConfig['mode'][]>> = {
  equalization: ['static'],
  weightClip: ['static', 'dynamic'],
  biasCorrection: ['static'],
  outlierChannels: ['static'],
  matmulNBits: ['weight_only'],
};

/** The recipes that a space has this choice for, SmoothQuant and float16 aside. */
export function recipesOf({ recipes }: Pick<TuningSpace, 'recipes'>, choice: RecipeChoice): readonly RecipeName[] {
  return RECIPE_NAMES.filter((name) => recipes[name] === choice);
}

/** Switches recipes of a config on. */
export function switchedOn(names: readonly RecipeName[]): Partial<Record<RecipeName, true>> {
  return Object.fromEntries(names.map((name) => [name, true]));
}

/** What the configuration switches on in every config: no choice of a strategy's. */
export function forcedRecipes(space: TuningSpace): Pick<QuantizeConfig, RecipeName | 'smoothQuant' | 'float16Compute'> {
  const [alpha] = space.smoothQuant;
  return {
    ...(space.smoothAlways && alpha !== undefined ? { smoothQuant: alpha } : {}),
    ...switchedOn(recipesOf(space, 'always')),
    ...(space.float16Compute === 'always' ? { float16Compute: true } : {}),
  };
}
