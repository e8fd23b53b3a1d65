import type { OpConfig } from '../../../quantize/config.ts';
import type { StrategyContext, TuneConfig } from '../../types.ts';
import { choosableOps } from '../model-wise.ts';
import { kindOf } from './recipes.ts';
import { onlyInt8, type Unit } from './units.ts';

/** Most harmful units that are given another range method, and the share of the divergence that it must leave at most. */
const TREATED_UNITS = 2;
const WORTH = 0.8;

/**
 * Gives the most harmful units the range method of their own that disturbs the output least, by probes of these units alone.
 * Null where none is clearly better than the method that all ops share.
 */
export async function ownRangeMethods(
  context: StrategyContext,
  config: TuneConfig,
  units: readonly Unit[],
): Promise<{ readonly config: TuneConfig; readonly units: readonly Unit[] } | null> {
  const samples = Number(context.options['probe_samples']);
  const harmful = units.toSorted((a, b) => b.divergence - a.divergence).slice(0, TREATED_UNITS);
  let [mended, treated] = [config, units];
  for (const unit of harmful) {
    let best = { config: mended, divergence: WORTH * unit.divergence };
    for (const changed of otherMethods(context, mended, unit)) {
      const divergence = await context.probes.divergence(onlyInt8(context, changed, new Set(unit.ops)), samples);
      if (divergence < best.divergence) best = { config: changed, divergence };
    }
    if (best.config === mended) continue;
    mended = best.config;
    treated = treated.map((each) => (each === unit ? { ...unit, divergence: best.divergence } : each));
  }
  return mended === config ? null : { config: mended, units: treated };
}

/** The config with the ops of a unit in each other static kind that they have. */
function otherMethods({ space }: StrategyContext, config: TuneConfig, { ops }: Unit): TuneConfig[] {
  const own = choosableOps(space).filter(({ name }) => ops.includes(name));
  const current = new Set(own.map(({ name }) => kindOf(config.ops[name] ?? 'fp32')));
  const kinds = new Set(own.flatMap(({ int8 }) => int8.filter(({ mode }) => mode === 'static').map(kindOf)));
  return [...kinds]
    .filter((kind) => !current.has(kind))
    .map((kind) => {
      const changed = own.flatMap(({ name, int8 }): [string, OpConfig][] => {
        const option = int8.find((each) => kindOf(each) === kind);
        return option ? [[name, option]] : [];
      });
      return { ...config, ops: { ...config.ops, ...Object.fromEntries(changed) } };
    });
}
