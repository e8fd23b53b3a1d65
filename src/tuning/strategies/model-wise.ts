import type { Int8OpConfig, OpConfig } from '../../quantize/config.ts';
import { optionText } from '../canonical.ts';
import type { SpaceOp, TuneConfig, TuningSpace } from '../types.ts';
import { combinations } from './combinations.ts';

/** Ops that a strategy decides on: an int8 form of their own, not one that follows the neighbours. */
export function choosableOps(space: TuningSpace): readonly SpaceOp[] {
  return space.ops.filter((op) => !op.glue && op.int8.length > 0);
}

/**
 * The first `limit` configs in which all ops of a type have the same option: the product over types (in graph order), those that mix the
 * fewest different options first. An op that lacks the option of its type takes its own first; glue ops take their first.
 */
export function modelWiseConfigs(space: TuningSpace, samplingSize: number, limit: number): readonly TuneConfig[] {
  const byType = optionsByType(space);
  const types = [...byType.keys()];
  const configs: TuneConfig[] = [];
  for (const combination of combinations([...byType.values()], optionText)) {
    if (configs.length >= limit) break;
    const choices = new Map(types.map((type, i) => [type, combination[i]]));
    const ops = space.ops
      .filter((op) => op.int8.length > 0)
      .map((op): [string, OpConfig] => [op.name, optionOf(op, op.glue ? undefined : choices.get(op.opType))]);
    configs.push({ ops: Object.fromEntries(ops), weightStorage: space.weightStorage, samplingSize });
  }
  return configs;
}

/** How many configs `modelWiseConfigs` gives. */
export function modelWiseCount(space: TuningSpace): number {
  return [...optionsByType(space).values()].reduce((product, options) => product * options.length, 1);
}

function optionsByType(space: TuningSpace): Map<string, readonly Int8OpConfig[]> {
  const byType = new Map<string, Map<string, Int8OpConfig>>();
  for (const op of choosableOps(space)) {
    const options = byType.get(op.opType) ?? new Map<string, Int8OpConfig>();
    byType.set(op.opType, options);
    for (const option of op.int8) if (!options.has(optionText(option))) options.set(optionText(option), option);
  }
  return new Map([...byType].map(([type, options]) => [type, [...options.values()]]));
}

function optionOf(op: SpaceOp, wanted: Int8OpConfig | undefined): OpConfig {
  const own = wanted && op.int8.find((option) => optionText(option) === optionText(wanted));
  return own ?? op.int8[0] ?? 'fp32';
}
