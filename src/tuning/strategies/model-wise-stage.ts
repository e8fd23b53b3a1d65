import type { OptionDeclaration } from '../../base/options.ts';
import { configText } from '../canonical.ts';
import type { RecipeName } from '../../quantize/config.ts';
import type { Proposal, StrategyContext, Trial, TuneConfig, TuningSpace } from '../types.ts';
import { improves, incumbentOf, type Incumbent } from './fallback.ts';
import { modelWiseConfigs, modelWiseCount } from './model-wise.ts';

/** Passes proposals on and notes their configs. */
export async function* remembering<T>(seen: Set<string>, steps: AsyncGenerator<Proposal[], T, Trial[]>): typeof steps {
  let step = await steps.next();
  while (step.done !== true) {
    for (const { config } of step.value) seen.add(configText(config));
    step = await steps.next(yield step.value);
  }
  return step.value;
}

/** Option of the strategies that begin with the model-wise stage. */
export const MODEL_WISE_CONFIGS: OptionDeclaration = {
  type: 'integer',
  help: 'Most model-wise configs per sampling size; at least half of max_trials stays for the fallback.',
  default: 16,
  min: 1,
};

/** Recipes that mend what evening channels out leaves, in order: the biases are corrected for all that was done before. */
const MENDING: readonly { readonly recipe: RecipeName; readonly stage: string }[] = [
  { recipe: 'outlierChannels', stage: 'outlier channels split off' },
  { recipe: 'weightClip', stage: 'weight clip' },
  { recipe: 'biasCorrection', stage: 'bias correction' },
];

/**
 * The best model-wise config over all sampling sizes; the first one where every trial failed. Equalization and SmoothQuant are tried on
 * the first config, before anything else varies, and on the best one: unequal channels are no matter of range methods or single ops.
 * The other recipes are tried on the best one.
 */
export async function* modelWise(context: StrategyContext): AsyncGenerator<Proposal[], Incumbent, Trial[]> {
  const { space } = context;
  const limit = modelWiseLimit(context);
  let best: Incumbent | undefined;
  for (const samplingSize of space.samplingSizes) {
    const [first, ...others] = modelWiseConfigs(space, samplingSize, limit);
    if (!first) continue;
    best = yield* bestOf(context, best, [first], 'model-wise');
    if (samplingSize === space.samplingSizes[0]) best = yield* withGraphRecipes(context, best, first);
    best = yield* bestOf(context, best, others, 'model-wise');
  }
  if (best === undefined) throw new RangeError('A tuning space has at least one sampling size.');
  const even = (yield* withGraphRecipes(context, best, best.config)) ?? best;
  return yield* mended(context, even);
}

/** An incumbent with those recipes on offer that raise its score, each tried on top of those before; half of the trials stay. */
export async function* mended(
  context: StrategyContext,
  incumbent: Incumbent,
): AsyncGenerator<Proposal[], Incumbent, Trial[]> {
  let best = incumbent;
  for (const { recipe, stage } of MENDING) {
    if (context.space.recipes[recipe] !== 'offered' || context.trials().length > context.maxTrials / 2) continue;
    best = (yield* bestOf(context, best, [{ ...best.config, [recipe]: true }], stage)) ?? best;
  }
  return best;
}

/** Tries what evens channels out on top of a config. */
async function* withGraphRecipes(
  context: StrategyContext,
  incumbent: Incumbent | undefined,
  config: TuneConfig,
): AsyncGenerator<Proposal[], Incumbent | undefined, Trial[]> {
  const best = yield* bestOf(context, incumbent, equalized(context.space, config), 'equalization');
  return yield* bestOf(context, best, smoothed(context.space, config), 'SmoothQuant');
}

/** The config with equalization, unless it has it already or cannot have it. */
export function equalized({ recipes }: TuningSpace, config: TuneConfig): TuneConfig[] {
  return recipes.equalization === 'offered' && !config.equalization ? [{ ...config, equalization: true }] : [];
}

/** The config with SmoothQuant, once for each α. */
export function smoothed({ smoothQuant, smoothAlways }: TuningSpace, config: TuneConfig): TuneConfig[] {
  if (smoothAlways || config.smoothQuant !== undefined) return [];
  return smoothQuant.map((alpha) => ({ ...config, smoothQuant: alpha }));
}

/** Proposes configs; the incumbent, or the first of them that is better than all before. */
async function* bestOf(
  context: StrategyContext,
  incumbent: Incumbent | undefined,
  configs: readonly TuneConfig[],
  stage: string,
): AsyncGenerator<Proposal[], Incumbent | undefined, Trial[]> {
  if (configs.length === 0) return incumbent;
  const trials = yield configs.map((config) => ({ config, stage }));
  let best = incumbent;
  for (const [i, config] of configs.entries()) {
    const tried = incumbentOf(config, trials[i]);
    if (best === undefined || improves(context, tried.score, best.score)) best = tried;
  }
  return best;
}

/** Model-wise configs per sampling size: at most the option, and all sizes together at most half of the trials. */
function modelWiseLimit({ space, options, maxTrials, warn }: StrategyContext): number {
  const share = Math.max(1, Math.floor(maxTrials / 2 / space.samplingSizes.length));
  const limit = Math.min(Number(options['model_wise_configs'] ?? 16), share);
  const count = modelWiseCount(space);
  if (count > limit) {
    const message = `Of ${count} model-wise configs the first ${limit} are tried for each sampling size, to keep trials for the fallback.`;
    warn({ code: 'strategy-capped', message });
  }
  return limit;
}
