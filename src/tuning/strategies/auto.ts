import type { Proposal, StrategyContext, Trial, TuneStrategy } from '../types.ts';
import { LATENCY_NOISE, ratioToBeat } from '../judge.ts';
import { constrainedSearch, LEAST_GAIN } from './auto/constrained-search.ts';
import { ownRangeMethods } from './auto/range-methods.ts';
import { bestRecipes } from './auto/recipes.ts';
import { isWeightOnly, smallestWeights } from './auto/smallest-weights.ts';
import { unitLosses } from './auto/units.ts';
import { choosableOps } from './model-wise.ts';

/**
 * Octet's own strategy. The compact model meets the criterion as trial 0 in most cases, so the rest goes to speed: of the ops whose
 * int8 kernels pay on this device (cost table), in the recipe that disturbs the output least on a few dozen samples (probes),
 * everything is tried first. Where that misses the criterion, losses of single units (probes again) and known savings guide a
 * constrained search, which learns from every trial and ends when little is left to gain. Where only 4-bit weights are asked for,
 * the smallest model is searched instead.
 */
export const auto: TuneStrategy = {
  name: 'auto',
  help: 'Finds what pays in int8 on this device by measuring it, and the fastest model that keeps the accuracy in few trials. Use it unless you have a reason for another.',
  options: {
    probe_samples: {
      type: 'integer',
      help: 'Calibration samples on which outputs are compared with those of the float model.',
      default: 32,
      min: 1,
    },
  },
  endsByItself: true,
  usesCosts: true,
  async *propose(context) {
    const { costs, conclude } = context;
    if (isWeightOnly(context.space)) {
      yield* smallestWeights(context);
      return;
    }
    if (!costs) {
      yield* otherStorage(context);
      return;
    }
    if (choosableOps(context.space).length === 0) {
      conclude('On this device no op computes faster in int8 than in float');
      return;
    }
    const probeSamples = Number(context.options['probe_samples']);
    const recipes = await bestRecipes({ ...context, probeSamples });
    const tried: Trial[] = [];
    for (const { config, stage } of recipes) {
      const [trial] = yield [{ config, stage }];
      if (!trial) return;
      tried.push(trial);
      if (trial.met) break;
    }
    const first =
      tried.find(({ met }) => met) ?? tried.reduce((a, b) => (context.better(b.score ?? NaN, a.score ?? NaN) ? b : a));
    if (first.met && isWorth(first, context)) {
      conclude(wholeGain(first, context));
      return;
    }
    const units = await unitLosses(context, first.config);
    const mended = first.met ? null : await ownRangeMethods(context, first.config, units);
    if (!mended) {
      yield* constrainedSearch(context, first, units);
      return;
    }
    const [second] = yield [{ config: mended.config, stage: 'range methods of their own for the most harmful ops' }];
    if (!second) return;
    if (second.met && isWorth(second, context)) conclude(wholeGain(second, context));
    else if (context.better(first.score ?? NaN, second.score ?? NaN)) yield* constrainedSearch(context, first, units);
    else yield* constrainedSearch(context, second, mended.units);
  },
};

/** Without speed as an objective nothing is to be had from int8 compute: only the form of the weights matters. */
async function* otherStorage({
  space,
  objectives,
  conclude,
}: StrategyContext): AsyncGenerator<Proposal[], void, Trial[]> {
  conclude('Int8 compute is for speed, which is no objective here: the form in which weights are stored decides');
  if (space.weightStorage !== 'auto') return;
  const weightStorage = objectives.includes('accuracy') ? 'float16' : 'int8';
  yield [{ config: { ops: {}, weightStorage, samplingSize: 0 }, stage: `weight storage, ${weightStorage}` }];
}

/** Whether int8 compute saves anything over the compact model, which may be faster than float itself. */
function isWorth({ latencyRatio }: Trial, { trial0 }: StrategyContext): boolean {
  return latencyRatio !== null && latencyRatio <= (1 - LEAST_GAIN) * ratioToBeat(trial0);
}

/** Of a trial with everything in int8 that pays. */
function wholeGain({ latencyRatio }: Trial, { trial0 }: StrategyContext): string {
  return latencyRatio !== null && latencyRatio * LATENCY_NOISE > ratioToBeat(trial0)
    ? 'Int8 compute saves too little on this device to tell from noise'
    : 'Every op that pays in int8 on this device computes in int8';
}
