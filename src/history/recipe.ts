import { Fault } from '../base/fault.ts';
import {
  isCount,
  isMap,
  isNumber,
  isNumbers,
  isText,
  isTrue,
  listOf,
  mapOf,
  oneOf,
  optional,
  record,
  type Check,
} from './checks.ts';
import type { ActivationRanges, ChannelMeans, OutlierChannels } from '../quantize/config.ts';
import type { CostTable } from '../quantize/cost/cost-table.ts';
import type { TuneConfig } from '../tuning/types.ts';
import type { Loudest } from './session-record.ts';

/**
 * All that it takes, beside the float model, to make an int8 model again byte for byte: its config, the ranges that the
 * config uses, and the hashes that prove both ends.
 */
export interface Recipe {
  readonly format: 'octet-recipe/1';
  readonly octet: string;
  readonly model: { readonly name: string; readonly sha256: string };
  /** SHA-256 of the int8 file. */
  readonly int8Sha256: string;
  readonly config: TuneConfig;
  /** Only the tensors and methods that the config uses. */
  readonly ranges: ActivationRanges;
  /** Channel magnitudes that SmoothQuant was given; present iff the config applies it. */
  readonly loudest?: Loudest;
  /** Channel means that bias correction was given; present iff the config applies it. */
  readonly means?: ChannelMeans;
  /** Loud channels that were split off; present iff the config applies it. */
  readonly outliers?: OutlierChannels;
  /** Times of ops on the device of the tuning: a tuning that is given them decides alike elsewhere. */
  readonly costs?: CostTable;
  /** Dims of one sample per input, as the tensors' sizes were inferred from. */
  readonly inputDims: Readonly<Record<string, readonly number[]>>;
}

/** Reads a recipe file. Throws `recipe-unreadable`. */
export function readRecipe(text: string, file: string): Recipe {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable('text that is not JSON', file, cause);
  }
  return checkRecipe(value, file);
}

/** Throws `recipe-unreadable` for what is no recipe: links and files come from anywhere. */
export function checkRecipe(value: unknown, file?: string): Recipe {
  const recipe = isMap(value) ? value : {};
  if (recipe['format'] !== 'octet-recipe/1') throw unreadable(`format ${String(recipe['format'])}`, file);
  const bad = Object.entries(PARTS).find(([name, isRight]) => !isRight(recipe[name]));
  if (bad) throw unreadable(`nothing usable in ${bad[0]}`, file);
  return recipe as unknown as Recipe;
}

const isHash: Check = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const scheme = oneOf('sym', 'asym');
const isInt8Op = record({
  mode: oneOf('static', 'dynamic', 'weight_only'),
  weight: record({
    dtype: oneOf('int8', 'uint8', 'int4'),
    scheme,
    granularity: oneOf('per_channel', 'per_tensor', 'per_group'),
    algorithm: isText,
    groupSize: optional(isCount),
    bit: optional((bits) => bits === 7),
  }),
  activation: record({
    dtype: oneOf('int8', 'uint8', 'int16', 'uint16'),
    scheme,
    granularity: oneOf('per_tensor'),
    algorithm: isText,
  }),
});

/** Whether it is a config as recipes and trials hold it. */
export const isTuneConfig = record({
  ops: mapOf((op) => op === 'fp32' || isInt8Op(op)),
  weightStorage: oneOf('auto', 'int8', 'float16', 'float32'),
  samplingSize: isCount,
  smoothQuant: optional(isNumber),
  equalization: optional(isTrue),
  weightClip: optional(isTrue),
  biasCorrection: optional(isTrue),
  outlierChannels: optional(isTrue),
  matmulNBits: optional(isTrue),
  float16Compute: optional(isTrue),
});

const isNodeCost = record({ perRunMs: isNumber, perElementMs: isNumber });

const PARTS: Readonly<Record<Exclude<keyof Recipe, 'format'>, Check>> = {
  octet: isText,
  model: record({ name: isText, sha256: isHash }),
  int8Sha256: isHash,
  config: isTuneConfig,
  ranges: mapOf(mapOf(record({ min: isNumber, max: isNumber }))),
  loudest: optional(mapOf(isNumbers)),
  means: optional(mapOf(isNumbers)),
  outliers: optional(mapOf(record({ channels: listOf(isCount), bound: isNumber }))),
  costs: optional(
    record({
      format: oneOf('octet-costs/1'),
      floatMs: isNumber,
      ops: mapOf(mapOf(isNumber)),
      quantize: isNodeCost,
      dequantize: isNodeCost,
    }),
  ),
  inputDims: mapOf(listOf(isCount)),
};

function unreadable(found: string, file?: string, cause?: unknown): Fault {
  return new Fault(
    'recipe-unreadable',
    {
      message: 'The recipe cannot be read',
      ...(file === undefined ? {} : { file }),
      found,
      accepted: 'the recipe.json of a tuning by Octet',
      next: 'Ask for the file again.',
    },
    { cause },
  );
}
