import { ratioToBeat } from '../../judge.ts';
import { bestAdditiveLoss, type AdditiveLoss, type LossObservation } from '../../optimizers/additive-loss.ts';
import { knapsackPath } from '../../optimizers/knapsack.ts';
import { logNormalDistribution } from '../../optimizers/normal.ts';
import type { Proposal, StrategyContext, Trial, TuneConfig } from '../../types.ts';
import { requiredGain } from '../surrogate.ts';
import { onlyInt8, type Unit } from './units.ts';

/** What saves less than this share of the float latency is not worth a trial. */
export const LEAST_GAIN = 0.005;
/** Deviation of a loss from the sum of its parts, as a share of the allowed loss. */
const NOISE = 0.15;
/** A loss that was not seen, because the model failed, and the most that one is taken for: in allowed losses. */
const COLLAPSE = 10;
/** Losses, in allowed ones, at which the path of the prior is entered. */
const PATH_STARTS = [0.4, 0.7, 1, 1.4];
const MAX_STEPS = 50;

type Point = readonly number[];

/**
 * Prior-guided constrained search over units in int8 or float: next comes the point with the highest expected gain, log(gain − best) +
 * log P(loss ≤ allowed), by an additive model of losses whose prior are the probes. Gains are known from the cost table, and
 * corrected by what the timed trials showed of them. Ends when the expected gain is small.
 */
export async function* constrainedSearch(
  context: StrategyContext,
  first: Trial,
  units: readonly Unit[],
): AsyncGenerator<Proposal[], void, Trial[]> {
  const space = new UnitSpace(context, first.config, units);
  const allowed = Math.max(-requiredGain(context), Number.EPSILON);
  const observations: LossObservation[] = [];
  const seen = new Set<string>();
  const shares = sharesOf(units);
  // The cost table knows the graph as it is in the compact model.
  const compact = ratioToBeat(context.trial0);
  let [best, correction] = [0, 1];
  const learn = (point: Point, trial: Trial): void => {
    seen.add(point.join());
    observations.push({ point, loss: lossOf(trial, allowed, context), variance: varianceOf(trial) });
    if (!trial.met || trial.latencyRatio === null) return;
    const gain = 1 - trial.latencyRatio / compact;
    best = Math.max(best, gain);
    if (space.gain(point) > LEAST_GAIN) correction = Math.max(0, gain / space.gain(point));
  };
  learn(space.all, first);
  for (;;) {
    const whole = Math.max(observations[0]?.loss ?? 0, allowed);
    const model = bestAdditiveLoss(shares, whole, NOISE * allowed, observations);
    const score = (point: Point): number => {
      const gain = correction * space.gain(point) - best;
      return gain > 0 && !seen.has(point.join()) ? Math.log(gain) + logFeasible(model, point, allowed) : -Infinity;
    };
    const point = space.highest(score, startsOf(space, shares, whole, allowed));
    const expected = point ? Math.exp(score(point)) : 0;
    if (!point || expected < LEAST_GAIN) {
      context.conclude(`The next config is expected to save less than ${100 * LEAST_GAIN} % of the float latency`);
      return;
    }
    const [trial] = yield [
      { config: space.config(point), stage: `${point.filter(Boolean).length} of ${units.length} units in int8` },
    ];
    if (!trial) return;
    learn(point, trial);
  }
}

function logFeasible(model: AdditiveLoss, point: Point, allowed: number): number {
  const { mean, deviation } = model.loss(point);
  return logNormalDistribution((allowed - mean) / Math.max(deviation, Number.EPSILON));
}

/** Shares of the loss by the probes; even where they say nothing. */
function sharesOf(units: readonly Unit[]): number[] {
  const finite = units.map(({ divergence }) => Math.min(Math.max(0, divergence), 1e6));
  const total = finite.reduce((sum, value) => sum + value, 0);
  return finite.map((value) => (total > 0 ? value / total : 1 / units.length));
}

/** Points on the knapsack path of the prior, all units, and none. */
function startsOf(space: UnitSpace, shares: readonly number[], whole: number, allowed: number): Point[] {
  const path = knapsackPath(
    shares.map((share, i) => [
      { loss: 0, cost: 0 },
      { loss: share * whole + Number.EPSILON, cost: -Math.max(0, space.gainOfUnit(i)) },
    ]),
  );
  const entered = PATH_STARTS.map((factor) => path.findLast(({ loss }) => loss <= factor * allowed)?.choice);
  return [...entered.filter((point) => point !== undefined), space.all];
}

function lossOf({ score, status }: Trial, allowed: number, { baseline, criterion }: StrategyContext): number {
  if (score === null || status === 'failed') return COLLAPSE * allowed;
  const loss = criterion.higherIsBetter ? baseline.score - score : score - baseline.score;
  return Math.min(loss, COLLAPSE * allowed);
}

/** Of a score that stands for a part of the samples. */
function varianceOf({ status, difference }: Trial): number {
  return status === 'pruned' && difference ? (difference.halfWidth / 1.96) ** 2 : 0;
}

/** Units in int8 or float as points of a hypercube. */
class UnitSpace {
  readonly size: number;
  readonly all: Point;
  readonly #context: StrategyContext;
  readonly #base: TuneConfig;
  readonly #units: readonly Unit[];
  readonly #gains = new Map<string, number>();

  constructor(context: StrategyContext, base: TuneConfig, units: readonly Unit[]) {
    this.size = units.length;
    this.all = units.map(() => 1);
    this.#context = context;
    this.#base = base;
    this.#units = units;
  }

  config(point: Point): TuneConfig {
    const int8 = this.#units.flatMap(({ ops }, i) => (point[i] === 1 ? ops : []));
    return onlyInt8(this.#context, this.#base, new Set(int8));
  }

  /** Share of the float latency that the cost table says is saved. */
  gain(point: Point): number {
    const key = point.join();
    const known = this.#gains.get(key);
    if (known !== undefined) return known;
    const gain = 1 - (this.#context.costs?.ratio(this.config(point)) ?? 1);
    this.#gains.set(key, gain);
    return gain;
  }

  /** What unit i adds when all others are in int8 already: its borders cost nothing then. */
  gainOfUnit(i: number): number {
    return this.gain(this.all) - this.gain(this.all.with(i, 0));
  }

  /** The best point by climbing from each start, one unit or an exchange of two at a time; null where no point scores. */
  highest(score: (point: Point) => number, starts: readonly Point[]): Point | null {
    let [best, highest] = [null as Point | null, -Infinity];
    for (const start of starts) {
      let [at, value] = [start, score(start)];
      for (let step = 0; step < MAX_STEPS; step++) {
        let [next, nextValue] = [at, value];
        for (const neighbour of neighbours(at)) {
          const other = score(neighbour);
          if (other > nextValue + 1e-12) [next, nextValue] = [neighbour, other];
        }
        if (next === at) break;
        [at, value] = [next, nextValue];
      }
      if (value > highest + 1e-12) [best, highest] = [at, value];
    }
    return best;
  }
}

function* neighbours(point: Point): Generator<Point> {
  for (const [i, x] of point.entries()) yield point.with(i, 1 - x);
  const [on, off] = [1, 0].map((wanted) => [...point.keys()].filter((i) => point[i] === wanted));
  for (const i of on ?? []) for (const j of off ?? []) yield point.with(i, 0).with(j, 1);
}
