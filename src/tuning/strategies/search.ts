import type { Proposal, StrategyContext, Trial } from '../types.ts';
import { ChoiceSpace, type Point } from './choice-space.ts';
import { Explored } from './explored.ts';

/** The next point and what the step is called; null where nothing is left. */
export type Suggestion = { readonly point: Point; readonly stage: string } | null;

/**
 * Proposes one suggested point after another until none is left. All ops in float is trial 0, which is known from the start.
 * Suggestions must be new points.
 */
export async function* search(
  context: StrategyContext,
  suggest: (explored: Explored) => Suggestion,
): AsyncGenerator<Proposal[], void, Trial[]> {
  const space = new ChoiceSpace(context.space);
  const explored = new Explored(space);
  if (space.floatPoint !== null) explored.add(space.floatPoint, context.trial0);
  for (let next = suggest(explored); next !== null; next = suggest(explored)) {
    const { point, stage } = next;
    const [trial] = yield [{ config: space.configOf(point), stage }];
    if (trial === undefined) return;
    explored.add(point, trial);
  }
}
