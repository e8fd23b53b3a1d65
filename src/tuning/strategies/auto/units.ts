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
/** Most harmful units whose pairs are probed, and the share of the sum by which a pair must differ from it. */
const CHECKED_PAIRS = 3;
const INTERACTION = 0.5;

/**
 * The int8 ops of a config in units, each probed alone in int8. A unit is one op; where there are more ops than samples can be
 * spent on, neighbours share one; and so do neighbours whose losses do not add up, since they are better decided together.
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
  return joined(units, (ops) => probes.divergence(onlyInt8(context, config, new Set(ops)), samples));
}

/** Joins the most harmful units with the unit behind each where the two together cause much more or less than their sum. */
async function joined(
  units: readonly Unit[],
  divergenceOf: (ops: readonly string[]) => Promise<number>,
): Promise<readonly Unit[]> {
  const harmful = [...units.keys()].sort((a, b) => (units[b]?.divergence ?? 0) - (units[a]?.divergence ?? 0));
  const result = [...units];
  for (const at of harmful.slice(0, CHECKED_PAIRS)) {
    const [unit, next] = [units[at], units[at + 1]];
    if (!unit || !next || !result.includes(unit) || !result.includes(next)) continue;
    const ops = [...unit.ops, ...next.ops];
    const divergence = await divergenceOf(ops);
    const sum = unit.divergence + next.divergence;
    if (Math.abs(divergence - sum) <= INTERACTION * sum) continue;
    result.splice(result.indexOf(unit), 2, { ops, divergence });
  }
  return result;
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
