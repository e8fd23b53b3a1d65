import type { OpConfig } from '../../quantize/config.ts';
import { ChoiceSpace } from '../strategies/choice-space.ts';
import { choosableOps, modelWiseConfigs } from '../strategies/model-wise.ts';
import type { TuneConfig, TuningSpace } from '../types.ts';
import type { StrategyHelpers } from './api.ts';

export function strategyHelpers(space: TuningSpace): StrategyHelpers {
  const ops = choosableOps(space);
  const { weightStorage } = space;
  const first = space.samplingSizes[0] ?? 0;
  const configOf = (choices: readonly (readonly [string, OpConfig])[], samplingSize = first): TuneConfig => ({
    ops: Object.fromEntries(choices),
    weightStorage,
    samplingSize,
  });
  return {
    ops,
    choices: new ChoiceSpace(space),
    allInt8: (samplingSize) =>
      configOf(
        space.ops.flatMap(({ name, int8: [option] }) => (option ? [[name, option] as const] : [])),
        samplingSize,
      ),
    allFloat: () => configOf(ops.map(({ name, float, int8 }) => [name, (float ? null : int8[0]) ?? 'fp32'])),
    withOps: (config, choices) => ({ ...config, ops: { ...config.ops, ...choices } }),
    modelWise: (limit, samplingSize = first) => modelWiseConfigs(space, samplingSize, limit),
  };
}
