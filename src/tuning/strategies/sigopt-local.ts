import { logExpectedImprovement, type Belief } from '../optimizers/expected-improvement.ts';
import { logNormalDistribution } from '../optimizers/normal.ts';
import type { Proposal, StrategyContext, Trial } from '../types.ts';
import { bestUnseen } from './candidates.ts';
import type { ChoiceSpace, Point } from './choice-space.ts';
import type { Explored, Observation } from './explored.ts';
import { search, type Suggestion } from './search.ts';
import { gains, requiredGain, surrogate } from './surrogate.ts';

/** Start-up trials, or one more than there are decisions where that is less. */
const STARTUP_TRIALS = 8;
const INCUMBENTS = 5;
/** Expected before anything is timed: int8 everywhere takes half the float time. Counts like one timing of such a model. */
const PRIOR_SAVING = 0.5;
/** With fewer timings than this, the doubt about a latency (as a share of the float latency) is assumed, not learned. */
const LEARNED_FROM = 3;
const ASSUMED_DOUBT = 0.1;

/**
 * What Neural Compressor asks of the SigOpt service, computed here: the lowest latency among configs that meet the accuracy
 * criterion, by Gaussian processes of both, expected improvement times the probability that the criterion is met.
 */
export function searchLocally(context: StrategyContext): AsyncGenerator<Proposal[], void, Trial[]> {
  return search(context, (explored) => start(explored, context) ?? modelled(explored, context));
}

/** All in int8, then points that try every choice of every decision equally often. */
function start(explored: Explored, { rng, trial0 }: StrategyContext): Suggestion {
  const { space, observations, isComplete } = explored;
  if (isComplete) return null;
  const tried = observations.filter(({ trial }) => trial !== trial0).map(({ point }) => point);
  const first = space.counts.map(() => 0);
  if (tried.length === 0 && !explored.has(first)) return { point: first, stage: 'all in int8' };
  if (tried.length >= Math.min(STARTUP_TRIALS, space.counts.length + 1)) return null;
  const balanced = space.canonical(
    space.counts.map((count, i) => {
      const uses = Array.from({ length: count }, (_, choice) => tried.filter((point) => point[i] === choice).length);
      const fewest = [...uses.keys()].filter((choice) => uses[choice] === Math.min(...uses));
      return fewest[rng.below(fewest.length)] as number;
    }),
  );
  const point = explored.has(balanced) ? explored.randomUnseen(rng) : balanced;
  return point && { point, stage: 'balanced start' };
}

function modelled(explored: Explored, context: StrategyContext): Suggestion {
  const { space, observations, isComplete } = explored;
  if (isComplete) return null;
  const points = observations.map(({ point }) => point);
  const accuracy = surrogate(space, points, gains(observations, context));
  const required = requiredGain(context);
  const logFeasible = (point: Point): number => {
    const { mean, deviation } = accuracy(point);
    return logNormalDistribution((mean - required) / Math.max(deviation, Number.EPSILON));
  };
  const timed = observations.filter(({ trial }) => trial.met && trial.latencyRatio !== null);
  const logGain = timed.length > 0 ? logSpeedGain(space, timed) : (): number => 0;
  const score = (point: Point): number => Math.max(-Number.MAX_VALUE, logGain(point) + logFeasible(point));
  const incumbents = timed.toSorted((a, b) => ratioOf(a) - ratioOf(b)).map(({ point }) => point);
  const point = bestUnseen(explored, score, incumbents.slice(0, INCUMBENTS), context.rng);
  return point && { point, stage: 'constrained improvement' };
}

/** log of the expected drop in latency below the lowest so far, as a share of the float latency. */
function logSpeedGain(space: ChoiceSpace, timed: readonly Observation[]): (point: Point) => number {
  const shares = timed.map(({ point }) => space.int8Share(point));
  const saving =
    (PRIOR_SAVING + shares.reduce((sum, share, i) => sum + share * (1 - ratioOf(timed[i] as Observation)), 0)) /
    (1 + shares.reduce((sum, share) => sum + share * share, 0));
  const expected = (share: number): number => -(1 - saving * share);
  const residuals = timed.map((each, i) => -ratioOf(each) - expected(shares[i] as number));
  const points = timed.map(({ point }) => point);
  const assumed = { mean: 0, deviation: ASSUMED_DOUBT };
  const believe = timed.length < LEARNED_FROM ? (): Belief => assumed : surrogate(space, points, residuals);
  const best = Math.max(...timed.map((each) => -ratioOf(each)));
  return (point) => {
    const { mean, deviation } = believe(point);
    return logExpectedImprovement({ mean: mean + expected(space.int8Share(point)), deviation }, best);
  };
}

function ratioOf({ trial }: Observation): number {
  return trial.latencyRatio ?? 1;
}
