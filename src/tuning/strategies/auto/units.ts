import type { OpConfig } from '../../../quantize/config.ts';
import { neighbours } from '../../sensitivity.ts';
import type { StrategyContext, TuneConfig } from '../../types.ts';
import { choosableOps } from '../model-wise.ts';

/** Ops that are decided together, with the divergence that they alone cause in int8. */
export interface Unit {
  readonly ops: readonly string[];
  readonly divergence: number;
}

/** Probes take at most this many full evaluations' worth of samples. */
const MAX_EVALUATIONS = 3;
const MIN_UNITS = 4;

/**
 * The int8 ops of a config in units, each probed alone in int8. A unit is one op; where there are more ops than samples can be
 * spent on, neighbours share one.
 */
export async function unitLosses(context: StrategyContext, config: TuneConfig): Promise<readonly Unit[]> {
  const { space, baseline, probes, options } = context;
  const samples = Number(options['probe_samples']);
  const names = choosableOps(space)
    .filter(({ name, float }) => float && (config.ops[name] ?? 'fp32') !== 'fp32')
    .map(({ name }) => name);
  const most = Math.max(MIN_UNITS, Math.floor((MAX_EVALUATIONS * baseline.samples) / samples));
  const units: Unit[] = [];
  for (const ops of neighbours(names, Math.min(names.length, most))) {
    units.push({ ops, divergence: await probes.divergence(onlyInt8(context, config, new Set(ops)), samples) });
  }
  return units;
}

/** The config with these ops in int8, ops that may not be float as they are, and all others in float. */
export function onlyInt8(
  { space }: Pick<StrategyContext, 'space'>,
  config: TuneConfig,
  int8: ReadonlySet<string>,
): TuneConfig {
  const float = choosableOps(space).filter((op) => op.float && !int8.has(op.name));
  return {
    ...config,
    ops: { ...config.ops, ...Object.fromEntries(float.map((op): [string, OpConfig] => [op.name, 'fp32'])) },
  };
}
