import type { OpConfig } from '../../../quantize/config.ts';
import type { Proposal, StrategyContext, Trial, TuneConfig, TuningSpace } from '../../types.ts';
import { choosableOps } from '../model-wise.ts';
import { onlyInt8, unitLosses, type Unit } from './units.ts';

/** True where ops have the choice of 4-bit weights and no other: size is to be gained, and no speed. */
export function isWeightOnly(space: TuningSpace): boolean {
  const ops = choosableOps(space);
  return ops.length > 0 && ops.every(({ int8 }) => int8.every(({ mode }) => mode === 'weight_only'));
}

/**
 * The smallest model by 4-bit weights: all ops in the first group size; the coarser sizes where that meets the criterion;
 * where it misses, ops are ordered by harm (a probe of each alone) per byte and the longest run of harmless ones is found by
 * halving, in log2(ops) trials.
 */
export async function* smallestWeights(context: StrategyContext): AsyncGenerator<Proposal[], void, Trial[]> {
  const { space, conclude } = context;
  const sizes = new Set(choosableOps(space).flatMap(({ int8 }) => int8.map(({ weight }) => weight.groupSize)));
  const [finest, ...coarser] = [...sizes].map((size) => ({
    config: allWith(space, size),
    stage: `4-bit weights in groups of ${size}`,
  }));
  if (!finest) return;
  const [all] = yield [finest];
  if (!all) return;
  if (!all.met) {
    yield* longestHarmlessRun(context, finest);
    return;
  }
  for (const proposal of coarser) {
    const [trial] = yield [proposal];
    if (!trial?.met) break;
  }
  conclude('Every weight that can be is in 4 bits');
}

function allWith(space: TuningSpace, groupSize: number | undefined): TuneConfig {
  const ops = choosableOps(space).map(({ name, int8 }): [string, OpConfig] => [
    name,
    int8.find(({ weight }) => weight.groupSize === groupSize) ?? int8[0] ?? 'fp32',
  ]);
  return {
    ops: Object.fromEntries(ops),
    weightStorage: space.weightStorage,
    samplingSize: space.samplingSizes[0] ?? 0,
  };
}

async function* longestHarmlessRun(
  context: StrategyContext,
  { config, stage }: Proposal,
): AsyncGenerator<Proposal[], void, Trial[]> {
  const { space, conclude } = context;
  const bytes = new Map(space.ops.map(({ name, weightBytes = 1 }) => [name, weightBytes]));
  const harm = ({ ops, divergence }: Unit): number =>
    divergence / ops.reduce((sum, name) => sum + (bytes.get(name) ?? 1), 0);
  const units = (await unitLosses(context, config)).toSorted((a, b) => harm(a) - harm(b));
  let [kept, missed] = [0, units.length];
  while (missed - kept > 1) {
    const middle = Math.floor((kept + missed) / 2);
    const run = units.slice(0, middle).flatMap(({ ops }) => ops);
    const [trial] = yield [
      { config: onlyInt8(context, config, new Set(run)), stage: `${stage}, where they harm least` },
    ];
    if (!trial) return;
    if (trial.met) kept = middle;
    else missed = middle;
  }
  conclude('One more op in 4 bits, the least harmful that is left, would miss the criterion');
}
