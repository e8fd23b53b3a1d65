import { createRng } from '../base/rng.ts';
import type { Trial } from '../tuning/types.ts';
import type { Decision } from './decisions.ts';
import { growTree, marginals, predict, type Sample } from './regression-tree.ts';

/** How much of the differences between trials each decision explains. */
export type Importance =
  | { readonly kind: 'told'; readonly trials: number; readonly explained: number; readonly shares: readonly Share[] }
  /** `needed`: trials with a value, at the least. */
  | { readonly kind: 'too-few'; readonly trials: number; readonly needed: number }
  /** All trials have one value, or decided alike. */
  | { readonly kind: 'no-difference'; readonly trials: number }
  /** The decisions do not foretell the value of trials that the forest has not seen. */
  | { readonly kind: 'unclear'; readonly trials: number; readonly explained: number };

export interface Share {
  readonly decision: Decision;
  /** Share of the variance over all configs that the decision explains by itself, 0 … 1. */
  readonly share: number;
  /** Expected value under each of the decision's values, all other decisions left open. */
  readonly means: readonly number[];
}

/** What trials came to. */
export interface Outcomes {
  /** By trial; null: not known. */
  readonly values: readonly (number | null)[];
  /** By trial, above 0: how sure its value is. A score from a tenth of the samples has a tenth of the weight. */
  readonly weights: readonly number[];
}

export type Outcome = 'score' | 'latency' | 'size';

/**
 * Trials cut short take part with their estimates, by the share of the samples that they ran: without them only the good configs
 * would be left, and what does harm would seem to make no difference. Latency is known of the trials that were timed.
 */
export function outcomesOf(trials: readonly Trial[], outcome: Outcome): Outcomes {
  const most = trials.reduce((samples, { samplesEvaluated }) => Math.max(samples, samplesEvaluated), 1);
  const value = { score: 'score', latency: 'latencyRatio', size: 'sizeBytes' } as const;
  return {
    values: trials.map((trial) => trial[value[outcome]]),
    weights: trials.map(({ samplesEvaluated }) => (outcome === 'score' ? Math.max(1, samplesEvaluated) / most : 1)),
  };
}

const TREES = 64;
export const FEWEST_TRIALS = 10;
/** Trials beyond one per decision. */
const SPARE_TRIALS = 2;
/** Below it the forest has learnt nothing. */
const LEAST_EXPLAINED = 0.05;

/**
 * Functional ANOVA over a random forest (Hutter, Hoos, Leyton-Brown 2014, sections 3 and 4): trees part the space of configs into
 * boxes of one value, so that variances of their marginals are exact sums over leaves, each value of a decision counting alike. A
 * step of the generator is one tree, so that a page can breathe in between; the seed decides everything.
 */
export function* importanceOf(
  decisions: readonly Decision[],
  { values, weights }: Outcomes,
  seed: number,
): Generator<void, Importance> {
  const samples = values.flatMap((value, row): Sample[] =>
    value === null ? [] : [{ row, value, weight: weights[row] ?? 1 }],
  );
  const trials = samples.length;
  const varying = decisions.filter(({ codes }) => new Set(samples.map(({ row }) => codes[row])).size > 1);
  const needed = Math.max(FEWEST_TRIALS, varying.length + SPARE_TRIALS);
  if (trials < needed) return { kind: 'too-few', trials, needed };
  if (varying.length === 0 || spread(samples) === 0) return { kind: 'no-difference', trials };
  const rng = createRng(seed);
  const shares = varying.map(({ values: of }) => ({ sum: 0, means: of.map(() => 0) }));
  const foretold = samples.map((sample) => ({ sample, sum: 0, trees: 0 }));
  let varied = 0;
  for (let tree = 0; tree < TREES; tree++) {
    const drawn = samples.map(() => samples[rng.below(trials)] as Sample);
    const root = growTree(drawn, varying, rng);
    const seen = new Set(drawn);
    for (const told of foretold) {
      if (seen.has(told.sample)) continue;
      told.sum += predict(root, varying, told.sample.row);
      told.trees++;
    }
    const { mean, variance, effects } = marginals(root, varying);
    if (variance > 0) varied++;
    for (const [at, share] of shares.entries()) {
      const effect = effects[at] ?? new Float64Array();
      share.means = share.means.map((sum, code) => sum + mean + (effect[code] ?? 0));
      const own = effect.reduce((sum, value) => sum + value ** 2, 0) / effect.length;
      if (variance > 0) share.sum += own / variance;
    }
    yield;
  }
  const leftOut = foretold.filter(({ trees }) => trees > 0);
  const missed = leftOut.reduce(
    (sum, { sample, sum: told, trees }) => sum + sample.weight * (sample.value - told / trees) ** 2,
    0,
  );
  const explained = 1 - missed / spread(leftOut.map(({ sample }) => sample));
  if (!(explained >= LEAST_EXPLAINED)) return { kind: 'unclear', trials, explained };
  const told = varying.map((decision, at) => ({
    decision,
    share: (shares[at]?.sum ?? 0) / Math.max(1, varied),
    means: (shares[at]?.means ?? []).map((sum) => sum / TREES),
  }));
  return { kind: 'told', trials, explained, shares: told.sort((a, b) => b.share - a.share) };
}

/** Weighted sum of squares about the weighted mean. */
function spread(samples: readonly Sample[]): number {
  const weight = samples.reduce((sum, sample) => sum + sample.weight, 0);
  const mean = samples.reduce((sum, sample) => sum + sample.weight * sample.value, 0) / weight;
  return samples.reduce((sum, sample) => sum + sample.weight * (sample.value - mean) ** 2, 0);
}
