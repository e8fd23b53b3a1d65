import type { Int8OpConfig, OpConfig, RangeMethod } from '../../../quantize/config.ts';
import { optionText } from '../../canonical.ts';
import type { Proposal, StrategyContext, TuneConfig } from '../../types.ts';
import { choosableOps } from '../model-wise.ts';
import { equalized, smoothed } from '../model-wise-stage.ts';

/** A second recipe is tried where its output is nearly as close to the float model's as the first one's: probes are small. */
const NEARLY = 1.3;
/** Outlier channels are split off where that is so many times closer: it costs time at every run. */
const FAR_CLOSER = 2;
/** Nats. Below this the output is as good as the float model's, and there is nothing to mend. */
const CLOSE = 1e-3;

/**
 * Methods that give up values whatever error that makes, percentile a fixed share of them. On a few dozen samples their loss shows late:
 * where probes hardly tell them from another, the other is better on data that were not calibrated on.
 */
const CLIPPING = new Set<RangeMethod>(['percentile', 'kl']);

/** A way to quantize everything that pays, and how far its output is from the float model's. */
export interface Recipe extends Proposal {
  readonly divergence: number;
}

/** Nothing here needs labels or trials. */
export interface RecipeContext extends Pick<StrategyContext, 'space' | 'probes'> {
  readonly probeSamples: number;
}

/**
 * Ways to quantize everything that pays, closest to the float model's output first: one for each mode and range method; the best of them
 * with what evens channels out; and that with corrected biases, which may mend or harm. At most two: the second is the first with outlier
 * channels split off where that is far closer, or another that probes hardly tell from it.
 */
export async function bestRecipes(context: RecipeContext): Promise<readonly Recipe[]> {
  const recipes = await probed(context, plainRecipes(context));
  for (const variants of [evened, corrected]) {
    const [closest] = recipes;
    if (!closest || closest.divergence <= CLOSE) break;
    recipes.push(...(await probed(context, variants(context, closest))));
    recipes.sort(byCloseness);
  }
  const [best, second] = recipes;
  if (!best) return [];
  const splits = best.divergence <= CLOSE ? [] : await probed(context, split(context, best));
  const [closer] = splits.filter(({ divergence }) => FAR_CLOSER * divergence <= best.divergence);
  if (closer) return [best, closer];
  return second && second.divergence <= NEARLY * best.divergence ? [best, second] : [best];
}

/**
 * Closest first; methods that clip, and configs that mend, stand behind what is nearly as close without: of two that probes hardly tell
 * apart, the one that changes less of the model (Breiman et al. 1984 choose the simpler of two trees so, by one standard error).
 */
export function byCloseness(a: Recipe, b: Recipe): number {
  return doubted(a) - doubted(b);
}

function doubted({ config, divergence }: Recipe): number {
  if (divergence <= CLOSE) return divergence;
  return NEARLY ** (Number(clips(config)) + Number(mends(config))) * divergence;
}

function clips({ ops }: TuneConfig): boolean {
  return Object.values(ops).some((op) => op !== 'fp32' && CLIPPING.has(op.activation.algorithm));
}

function mends({ equalization, smoothQuant, biasCorrection }: TuneConfig): boolean {
  return equalization === true || smoothQuant !== undefined || biasCorrection === true;
}

async function probed({ probes, probeSamples }: RecipeContext, proposals: readonly Proposal[]): Promise<Recipe[]> {
  const recipes: Recipe[] = [];
  for (const proposal of proposals) {
    recipes.push({ ...proposal, divergence: await probes.divergence(proposal.config, probeSamples) });
  }
  return recipes.sort(byCloseness);
}

/** Each mode and range method in which ops differ, weights per channel where they can be. */
export function plainRecipes({ space }: Pick<RecipeContext, 'space'>): readonly Proposal[] {
  const kinds = new Map<string, string>();
  for (const { int8 } of choosableOps(space)) {
    for (const option of int8) kinds.set(kindOf(option), kindName(option));
  }
  return [...kinds].map(([kind, name]) => {
    const ops = space.ops
      .filter(({ int8 }) => int8.length > 0)
      .map((op): [string, OpConfig] => [
        op.name,
        op.int8.find((option) => kindOf(option) === kind) ?? op.int8[0] ?? 'fp32',
      ]);
    const config = {
      ops: Object.fromEntries(ops),
      weightStorage: space.weightStorage,
      samplingSize: space.samplingSizes[0] as number,
    };
    return { config, stage: `int8 where it pays, ${name}` };
  });
}

function kindName({ mode, weight, activation }: Int8OpConfig): string {
  if (mode === 'static') return activation.algorithm;
  return mode === 'dynamic' ? 'run-time ranges' : `4-bit weights in groups of ${weight.groupSize}`;
}

/** Options of one kind differ in the granularity of the weight only. */
export function kindOf(option: OpConfig): string {
  if (option === 'fp32') return option;
  if (option.mode === 'dynamic') return option.mode;
  return optionText({ ...option, weight: { ...option.weight, granularity: 'per_tensor' } });
}

/** Equalization of weights, SmoothQuant of activations: the same function in float. */
function evened({ space }: RecipeContext, { config, stage }: Proposal): readonly Proposal[] {
  if (isDynamic(config)) return [];
  return [
    ...equalized(space, config).map((even) => ({ config: even, stage: `${stage}, equalization` })),
    ...smoothed(space, config).map((smooth) => ({
      config: smooth,
      stage: `${stage}, SmoothQuant ${smooth.smoothQuant}`,
    })),
  ];
}

function corrected({ space }: RecipeContext, { config, stage }: Proposal): readonly Proposal[] {
  if (space.recipes.biasCorrection !== 'offered' || isDynamic(config)) return [];
  return [{ config: { ...config, biasCorrection: true }, stage: `${stage}, bias correction` }];
}

function split({ space }: RecipeContext, { config, stage }: Proposal): readonly Proposal[] {
  if (space.recipes.outlierChannels !== 'offered' || isDynamic(config)) return [];
  return [{ config: { ...config, outlierChannels: true }, stage: `${stage}, outlier channels split off` }];
}

function isDynamic({ ops }: TuneConfig): boolean {
  return Object.values(ops).every((op) => op === 'fp32' || op.mode !== 'static');
}
