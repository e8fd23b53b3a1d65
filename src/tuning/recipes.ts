import type { QuantizeConfig, RecipeName } from '../quantize/config.ts';
import type { TuningSpace } from './types.ts';

/** Keys of the YAML under `quantization.recipes`. */
export const RECIPE_KEYS: Readonly<Record<RecipeName, string>> = {
  equalization: 'equalization',
  weightClip: 'weight_clip',
  biasCorrection: 'fast_bias_correction',
  outlierChannels: 'outlier_channels',
  matmulNBits: 'matmul_nbits',
};

/** What a config may switch on or leave off, SmoothQuant and float16 aside. */
export function offeredRecipes({ recipes }: Pick<TuningSpace, 'recipes'>): readonly RecipeName[] {
  return (Object.keys(RECIPE_KEYS) as RecipeName[]).filter((name) => recipes[name] === 'offered');
}

/** What the configuration switches on in every config: no choice of a strategy's. */
export function forcedRecipes({
  smoothAlways,
  smoothQuant: [alpha],
  recipes,
  float16Compute,
}: TuningSpace): Pick<QuantizeConfig, RecipeName | 'smoothQuant' | 'float16Compute'> {
  return {
    ...(smoothAlways && alpha !== undefined ? { smoothQuant: alpha } : {}),
    ...(recipes.equalization === 'always' ? { equalization: true } : {}),
    ...(recipes.weightClip === 'always' ? { weightClip: true } : {}),
    ...(recipes.biasCorrection === 'always' ? { biasCorrection: true } : {}),
    ...(recipes.outlierChannels === 'always' ? { outlierChannels: true } : {}),
    ...(recipes.matmulNBits === 'always' ? { matmulNBits: true } : {}),
    ...(float16Compute === 'always' ? { float16Compute: true } : {}),
  };
}
