import { logExpectedImprovement } from '../optimizers/expected-improvement.ts';
import type { StrategyContext, TuneStrategy } from '../types.ts';
import { bestUnseen } from './candidates.ts';
import type { Point } from './choice-space.ts';
import type { Explored } from './explored.ts';
import { search, type Suggestion } from './search.ts';
import { gains, requiredGain, surrogate } from './surrogate.ts';

/** Points whose neighbourhood is searched in a large space. */
const INCUMBENTS = 5;

/** What int8 everywhere is worth, as a share of the allowed loss: too little to make up for a missed criterion. */
const INT8_WORTH = 0.1;

/**
 * Bayesian optimisation of the accuracy: a Gaussian process over what was tried, and next the new config of the highest expected
 * improvement. It learns from the configs themselves, not from the real numbers that Neural Compressor rounds to them.
 * Accuracy beyond the criterion counts no more than more ops in int8: else the best config would be that of float.
 */
export const bayesian: TuneStrategy = {
  name: 'bayesian',
  help: 'Models the accuracy of all configs from those tried, and tries where the most improvement is expected. Use it for the best score, with some dozens of trials to spend.',
  options: {
    startup_trials: {
      type: 'integer',
      help: 'Trials before the model decides: all ops in their first int8 option, then random ones.',
      default: 5,
      min: 1,
    },
  },
  propose: (context) => search(context, (explored) => start(explored, context) ?? modelled(explored, context)),
};

/** The first option everywhere, then random points until there are enough with different scores; null afterwards. */
function start(explored: Explored, { options, rng, trial0 }: StrategyContext): Suggestion {
  const { space, observations, isComplete } = explored;
  if (isComplete) return null;
  const tried = observations.filter(({ trial }) => trial !== trial0);
  const first = space.counts.map(() => 0);
  if (tried.length === 0 && !explored.has(first)) return { point: first, stage: 'all in int8' };
  const scores = new Set(tried.flatMap(({ trial }) => trial.score ?? []));
  if (tried.length >= Number(options['startup_trials']) && scores.size > 1) return null;
  const point = explored.randomUnseen(rng);
  return point && { point, stage: 'random start' };
}

function modelled(explored: Explored, context: StrategyContext): Suggestion {
  const { space, observations, isComplete } = explored;
  if (isComplete) return null;
  const required = requiredGain(context);
  const accuracies = gains(observations, context).map((gain) => Math.min(gain, required));
  const points = observations.map(({ point }) => point);
  const believe = surrogate(space, points, accuracies);
  const worth = (point: Point): number => INT8_WORTH * Math.max(0, -required) * space.int8Share(point);
  const values = observations.map(({ point }, i) => (accuracies[i] as number) + worth(point));
  const best = Math.max(...values);
  const score = (point: Point): number => {
    const { mean, deviation } = believe(point);
    return logExpectedImprovement({ mean: mean + worth(point), deviation }, best);
  };
  const ranked = [...points.keys()].sort((a, b) => (values[b] as number) - (values[a] as number));
  const incumbents = ranked.slice(0, INCUMBENTS).map((i) => points[i] as Point);
  const point = bestUnseen(explored, score, incumbents, context.rng);
  return point && { point, stage: 'expected improvement' };
}
