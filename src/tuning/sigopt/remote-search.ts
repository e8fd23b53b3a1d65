import { Fault } from '../../base/fault.ts';
import type { Rng } from '../../base/rng.ts';
import { targetScore } from '../criterion.ts';
import { ChoiceSpace, type Point } from '../strategies/choice-space.ts';
import { Explored } from '../strategies/explored.ts';
import type { Proposal, StrategyContext, Trial } from '../types.ts';
import type { ExperimentRequest, SigOptClient } from './client.ts';
import { RemoteExperiment, type Asked } from './experiment.ts';
import { pointOf, tunedDecisions, type TunedDecision } from './parameters.ts';

/** Suggestions in a row that repeat a reported config before one is chosen here. */
const MAX_REPEATS = 3;
const RANDOM_TRIES = 100;
const MAX_NAME = 100;
const MAX_METADATA = 500;

/**
 * Asks a SigOpt server for one config after another and reports what became of each: the criterion as a constraint, the latency
 * to be minimised. What the server answers is recalled from the journal, so that a resumed run proposes the same.
 */
export async function* searchRemotely(
  context: StrategyContext,
  client: SigOptClient,
): AsyncGenerator<Proposal[], void, Trial[]> {
  const space = new ChoiceSpace(context.space);
  if (space.size === 0) return;
  const decisions = await tunedDecisions(space, context);
  if (decisions.length === 0) {
    yield [{ config: space.configOf(space.counts.map(() => 0)), stage: 'the only config' }];
    return;
  }
  const request = experimentRequest(decisions, context);
  const experiment = await RemoteExperiment.open(client, request, projectOf(context), context);
  const explored = new Explored(space);
  if (space.floatPoint !== null) explored.add(space.floatPoint, context.trial0);
  const reported = new Set<string>();
  let pending: Asked | null = null;
  let known = 0;
  try {
    // The server does not enforce the budget.
    for (let step = 1; step <= context.maxTrials; step++) {
      const asked = await ask(step);
      if (asked === null) return;
      let trial = explored.observations.find(({ point }) => point.join() === asked.point.join())?.trial;
      if (trial === undefined) {
        pending = asked;
        known = context.trials().length;
        [trial] = yield [
          { config: space.configOf(asked.point), stage: asked.suggestion ? 'SigOpt' : 'new for SigOpt' },
        ];
        pending = null;
        if (trial === undefined) return;
        explored.add(asked.point, trial);
      }
      await experiment.report(step, asked, trial);
      reported.add(asked.point.join());
    }
  } finally {
    // The trial that ends a run does not come back from the yield.
    const last = context.trials()[known];
    if (pending !== null && last !== undefined) await reportLast(pending, last);
  }

  /** The next config to report on; null where all are reported. */
  async function ask(step: number): Promise<Asked | null> {
    for (let again = 0; again < MAX_REPEATS; again++) {
      const suggestion = await experiment.suggestion(step, again);
      const point = pointOf(suggestion.assignments, decisions, space);
      if (point === undefined) throw misfit(suggestion.assignments);
      if (!reported.has(point.join())) return { step, point, decisions, suggestion };
    }
    const point = unreported(space, decisions, reported, context.rng);
    return point && { step, point, decisions, suggestion: null };
  }

  async function reportLast(asked: Asked, trial: Trial): Promise<void> {
    try {
      await experiment.report(asked.step, asked, trial);
    } catch (thrown) {
      // A resumed session reports it; the run that has ended must not fail over it.
      const fault = Fault.from(thrown);
      if (fault.code !== 'cancelled')
        context.warn({ code: fault.code, message: `The last trial is not reported: ${fault.message}` });
    }
  }
}

function experimentRequest(decisions: readonly TunedDecision[], context: StrategyContext): ExperimentRequest {
  const { baseline, criterion, options, maxTrials } = context;
  const name = String(options['sigopt_experiment_name']);
  if (name === '' || name.length > MAX_NAME) {
    throw new Fault('config-invalid-value', {
      message: 'The name of the experiment is not one that SigOpt accepts.',
      place: 'tuning.strategy.sigopt_experiment_name',
      found: `${name.length} characters`,
      accepted: `1 to ${MAX_NAME} characters`,
      next: 'Change the name.',
    });
  }
  return {
    name,
    observation_budget: maxTrials,
    parallel_bandwidth: 1,
    parameters: decisions.map(({ name: parameter, type, bounds }) => ({ name: parameter, type, bounds })),
    metrics: [
      {
        name: 'accuracy',
        objective: criterion.higherIsBetter ? 'maximize' : 'minimize',
        strategy: 'constraint',
        threshold: targetScore(baseline.score, criterion),
      },
      { name: 'latency', objective: 'minimize', strategy: 'optimize' },
    ],
    metadata: sideMap(decisions),
  };
}

/** What the parameters stand for, as far as it fits; the journal has all of it. */
function sideMap(decisions: readonly TunedDecision[]): Record<string, string> {
  const map: Record<string, string> = { tool: 'octet' };
  for (const { name, label } of decisions) {
    if (name === label) continue;
    if (JSON.stringify({ ...map, [name]: label }).length > MAX_METADATA) break;
    map[name] = label;
  }
  return map;
}

function projectOf({ options }: StrategyContext): string | null {
  const id = options['sigopt_project_id'];
  if (typeof id !== 'string' || id === '') return null;
  if (/^[a-z0-9\-_.]+$/.test(id)) return id;
  throw new Fault('config-invalid-value', {
    message: 'The id of the project is not one that SigOpt accepts.',
    place: 'tuning.strategy.sigopt_project_id',
    found: id,
    accepted: 'lower-case letters, digits, - _ and dots',
    next: 'Change the id.',
  });
}

function misfit(assignments: object): Fault {
  return new Fault('service-answer-invalid', {
    message: 'The SigOpt server suggests what is no config of this tuning.',
    found: JSON.stringify(assignments).slice(0, 200),
    next: 'Start a new session: the experiment on the server belongs to another one.',
  });
}

/** A config that was not reported, by chance, else the first there is; null where there is none. */
function unreported(
  space: ChoiceSpace,
  decisions: readonly TunedDecision[],
  reported: ReadonlySet<string>,
  rng: Rng,
): Point | null {
  for (let i = 0; i < RANDOM_TRIES; i++) {
    const values = decisions.map(({ name, order }) => [name, rng.below(order.length)] as const);
    const point = pointOf(Object.fromEntries(values), decisions, space);
    if (point !== undefined && !reported.has(point.join())) return point;
  }
  for (const values of products(decisions.map(({ order }) => order.length))) {
    const assignments = Object.fromEntries(decisions.map(({ name }, i) => [name, values[i] ?? 0]));
    const point = pointOf(assignments, decisions, space);
    if (point !== undefined && !reported.has(point.join())) return point;
  }
  return null;
}

/** Every combination of whole numbers below the counts. Ends after few more than are reported: the caller takes the first new one. */
function* products(counts: readonly number[]): Generator<readonly number[]> {
  const values = counts.map(() => 0);
  for (;;) {
    yield values;
    let at = values.length - 1;
    while (at >= 0 && (values[at] = ((values[at] ?? 0) + 1) % (counts[at] ?? 1)) === 0) at--;
    if (at < 0) return;
  }
}
