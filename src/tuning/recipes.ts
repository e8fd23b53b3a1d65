import type { QuantizeConfig, RecipeName } from '../quantize/config.ts';
import type { TuningSpace } from './types.ts';

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
