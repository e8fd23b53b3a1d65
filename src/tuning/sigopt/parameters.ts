import type { OpConfig } from '../../quantize/config.ts';
import type { ChoiceSpace, Point } from '../strategies/choice-space.ts';
import type { StrategyContext } from '../types.ts';
import type { Assignments, Parameter } from './client.ts';

/** Beyond this many the server samples at random for most of the budget: ops that matter less stay at their first int8 option. */
const MAX_OPS = 25;
/** Calibration samples on which the ops of a large model are ranked. */
const PROBE_SAMPLES = 64;

/** One decision as the server sees it: a whole number that grows with how much the choice may cost in accuracy. */
export interface TunedDecision extends Parameter {
  /** What the name stands for, for people. */
  readonly label: string;
  readonly decision: number;
  /** Choices of the decision by value of the parameter. */
  readonly order: readonly number[];
}

/** The decisions that have a choice; of more than 25 ops those whose int8 outputs are the farthest from float. */
export async function tunedDecisions(space: ChoiceSpace, context: StrategyContext): Promise<readonly TunedDecision[]> {
  const open = [...space.counts.keys()].filter((decision) => (space.counts[decision] ?? 1) > 1);
  const others = open.filter((decision) => space.opAt(decision) === null);
  const ops = open.filter((decision) => space.opAt(decision) !== null);
  const kept = ops.length <= MAX_OPS ? ops : await mostSensitive(ops, space, context);
  return [...others, ...kept].map((decision) => {
    const at = space.opAt(decision);
    const choices = [...Array(space.counts[decision]).keys()];
    const order = at === null ? choices : choices.toSorted((a, b) => risk(at.choices[a]) - risk(at.choices[b]));
    const name = space.settingAt(decision) ?? `op${ops.indexOf(decision)}`;
    const bounds = { min: 0, max: order.length - 1 };
    return { name, type: 'int', bounds, label: at?.op.name ?? name, decision, order };
  });
}

/** Undefined where the assignments are not those of the parameters. */
export function pointOf(
  assignments: Assignments,
  decisions: readonly TunedDecision[],
  space: ChoiceSpace,
): Point | undefined {
  const point = space.counts.map(() => 0);
  for (const { name, decision, order } of decisions) {
    const choice = order[assignments[name] ?? -1];
    if (choice === undefined) return undefined;
    point[decision] = choice;
  }
  return space.canonical(point);
}

export function assignmentsOf(point: Point, decisions: readonly TunedDecision[]): Assignments {
  return Object.fromEntries(decisions.map(({ name, decision, order }) => [name, order.indexOf(point[decision] ?? 0)]));
}

async function mostSensitive(
  ops: readonly number[],
  space: ChoiceSpace,
  context: StrategyContext,
): Promise<readonly number[]> {
  const allInt8 = space.configOf(space.counts.map(() => 0));
  const errors = await context.probes.ops(allInt8, PROBE_SAMPLES);
  const errorOf = (decision: number): number => errors.get(space.opAt(decision)?.op.name ?? '') ?? -1;
  const ranked = ops.toSorted((a, b) => errorOf(b) - errorOf(a)).slice(0, MAX_OPS);
  return ranked.toSorted((a, b) => a - b);
}

/** Float, then dynamic before static, per channel before per tensor; the order of the space among equals. */
function risk(choice: OpConfig | undefined): number {
  if (choice === undefined || choice === 'fp32') return 0;
  return 1 + (choice.mode === 'static' ? 2 : 0) + (choice.weight.granularity === 'per_tensor' ? 1 : 0);
}
