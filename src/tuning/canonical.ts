import { canonicalJson } from '../base/canonical-json.ts';
import type { Json } from '../base/canonical-json.ts';
import { sha256Text } from '../base/hash.ts';
import type { Int8OpConfig, OpConfig } from '../quantize/config.ts';
import { RECIPE_MODES, RECIPE_NAMES, switchedOn } from './recipes.ts';
import type { TuneConfig } from './types.ts';

/**
 * The config reduced to what decides the model: float ops are left out, dynamic ops have no range method, and without
 * static ops no samples calibrate (`samplingSize` 0) and recipes that need them are off. Configs that mean the same have the same canonical form.
 */
export function canonicalConfig(config: TuneConfig): TuneConfig {
  const ops = Object.entries(config.ops).filter((entry): entry is [string, Int8OpConfig] => entry[1] !== 'fp32');
  const calibrated = ops.some(([, op]) => op.mode === 'static');
  return {
    ops: Object.fromEntries(ops.map(([name, op]): [string, OpConfig] => [name, canonicalOp(op)])),
    weightStorage: config.weightStorage,
    samplingSize: calibrated ? config.samplingSize : 0,
    ...(calibrated && config.smoothQuant !== undefined ? { smoothQuant: config.smoothQuant } : {}),
    ...switchedOn(
      RECIPE_NAMES.filter((name) => config[name] && ops.some(([, op]) => RECIPE_MODES[name].includes(op.mode))),
    ),
    ...(config.float16Compute ? { float16Compute: true } : {}),
  };
}

function canonicalOp({ mode, weight, activation }: Int8OpConfig): Int8OpConfig {
  return { mode, weight, activation: mode === 'static' ? activation : { ...activation, algorithm: 'minmax' } };
}

/** Canonical JSON of the canonical form: equal texts, same config. */
export function configText(config: TuneConfig): string {
  return canonicalJson(canonicalConfig(config) as unknown as Json);
}

/** SHA-256 of `configText`: names a config in journals and links. */
export function configHash(config: TuneConfig): Promise<string> {
  return sha256Text(configText(config));
}

/** Equal texts, same int8 option. */
export function optionText(option: Int8OpConfig): string {
  return canonicalJson(canonicalOp(option) as unknown as Json);
}
