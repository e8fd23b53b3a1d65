import type { Rated } from '../optimizers/tree-parzen-estimator.ts';
import { suggestByParzen } from '../optimizers/tree-parzen-estimator.ts';
import type { StrategyContext, Trial, TuneStrategy } from '../types.ts';
import type { Point } from './choice-space.ts';
import type { Explored } from './explored.ts';
import { search } from './search.ts';
import { tuningLoss } from './tuning-loss.ts';

/** Suggestions in a row that may be known before a random point is taken. */
const TRIES = 24;

/**
 * Neural Compressor's tree-structured Parzen estimator: the good trials and the others have a density of choices each, and the
 * candidate with the highest ratio of the two is tried next.
 */
export const tpe: TuneStrategy = {
  name: 'tpe',
  help: 'Learns from good and bad trials which choices go with a low loss of accuracy and latency. Use it where accuracy and latency are to be traded off, with a hundred trials to spend.',
  options: {
    accuracy_weight: { type: 'number', help: 'Weight of the accuracy in the loss.', default: 1, min: 0 },
    latency_weight: { type: 'number', help: 'Weight of the latency in the loss.', default: 1, min: 0 },
    startup_trials: { type: 'integer', help: 'Random trials at the beginning.', default: 10, min: 1 },
    gamma: { type: 'number', help: 'Of n trials, gamma times the root of n are good.', default: 0.3, min: 0.01 },
    multivariate: {
      type: 'boolean',
      help: 'True learns combinations of choices; false each choice by itself, as Neural Compressor does.',
      default: false,
    },
  },
  propose: (context) =>
    search(context, (explored) => {
      const { observations, isComplete } = explored;
      const rated = observations
        .filter(({ trial }) => trial !== context.trial0)
        .map(({ point, trial }): Rated => ({ point, loss: lossOf(trial, context) }));
      if (isComplete) return null;
      const startup = rated.length < Number(context.options['startup_trials']);
      const point = (startup ? null : learned(explored, rated, context)) ?? explored.randomUnseen(context.rng);
      return point && { point, stage: startup ? 'random start' : 'tree-structured Parzen estimator' };
    }),
};

/** A new point by what was learned; null where the estimator only repeats itself. */
function learned(explored: Explored, rated: readonly Rated[], { options, rng }: StrategyContext): Point | null {
  const { space } = explored;
  const joint = options['multivariate'] === true;
  const fewest = Math.min(...space.counts.filter((count) => count > 1));
  const parzen = {
    gamma: Number(options['gamma']),
    joint,
    // As Optuna where combinations count, as Neural Compressor elsewhere.
    ...(joint ? { candidates: 24, priorWeight: 1 } : { candidates: fewest, priorWeight: 1 / fewest }),
  };
  for (let i = 0; i < TRIES; i++) {
    const point = space.canonical(suggestByParzen(space.counts, rated, parzen, rng));
    if (!explored.has(point)) return point;
  }
  return null;
}

/** Trials that miss the criterion are not timed: they count as no faster than float. */
function lossOf({ score, met, latencyRatio }: Trial, { baseline, criterion, options }: StrategyContext): number {
  if (score === null) return Infinity;
  const lost = criterion.higherIsBetter ? baseline.score - score : score - baseline.score;
  const accuracyLoss = lost / (Math.abs(baseline.score) || 1);
  const weights = { accuracy: Number(options['accuracy_weight']), latency: Number(options['latency_weight']) };
  return tuningLoss({ accuracyLoss, speedup: 1 / (latencyRatio ?? 1), met }, weights);
}
