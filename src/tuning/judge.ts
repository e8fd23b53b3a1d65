import { isCompact } from './compact.ts';
import type { MultiObjectives, Objective, TuningSettings } from './config/tuning.ts';
import { better, isCertain } from './criterion.ts';
import { bestWeighed } from './multi-objective.ts';
import { paretoSet } from './pareto.ts';
import type { AccuracyCriterion, Baseline, Trial, TuneConfig } from './types.ts';

/** A model counts as not slower than float up to this latency ratio: repeated measurements differ that much. */
export const NOT_SLOWER = 1.02;
/** Latencies this close to the lowest are equal; the smaller model wins. */
export const LATENCY_NOISE = 1.03;
/** What certainty may cost: a model whose interval clears the criterion may be this much slower or larger than one that just passes. */
const CERTAINTY = 1.1;

export interface Verdict {
  /** The trial to offer; null only where no trial was completed. */
  readonly best: Trial | null;
  /** Whether `best` meets the criterion. */
  readonly met: boolean;
  /** True where `best` meets the criterion, but its 95 % interval reaches beyond: other data may fail it. */
  readonly byAHair: boolean;
  /** Numbers of the trials that no other beats in score, latency and size at once. */
  readonly pareto: readonly number[];
  /** The best score among trials that fail the criterion. */
  readonly nearestMiss: Trial | null;
  /** True where speed is the objective and every model that meets the criterion is slower than float. */
  readonly recommendsFloat: boolean;
}

export interface JudgeRules {
  readonly baseline: Baseline;
  readonly criterion: AccuracyCriterion;
  readonly tuning: Pick<TuningSettings, 'objective' | 'multiObjectives' | 'exitPolicy'>;
}

/** What to offer after these trials, trial 0 included: depends on the trials only, not on their order. */
export function judge(trials: readonly Trial[], rules: JudgeRules): Verdict {
  const met = trials.filter((trial) => trial.status === 'complete' && trial.met);
  const nearestMiss = bestScored(trials, rules.criterion);
  const pareto = paretoSet(trials, rules.criterion.higherIsBetter, wants(rules.tuning, 'footprint'));
  const recommendsFloat = wantsSpeed(rules.tuning) && met.length > 0 && !met.some(isNotSlower);
  const first = rules.tuning.exitPolicy.performanceOnly ? trials.find((trial) => !isCompact(trial)) : undefined;
  if (first?.status === 'complete')
    return { best: first, met: first.met, byAHair: isByAHair(first, rules), pareto, nearestMiss, recommendsFloat };
  const best = offered(met, trials, rules) ?? nearestMiss;
  return {
    best,
    met: best?.met ?? false,
    byAHair: best !== null && isByAHair(best, rules),
    pareto,
    nearestMiss,
    recommendsFloat,
  };
}

function isByAHair(trial: Trial, { baseline, criterion }: JudgeRules): boolean {
  return trial.met && trial.difference !== null && !isCertain(trial, baseline, criterion);
}

/** Whether latency is among the objectives. */
export function wantsSpeed(tuning: Wanted): boolean {
  return wants(tuning, 'performance');
}

interface Wanted {
  readonly objective: Objective;
  readonly multiObjectives: MultiObjectives | null;
}

function wants({ objective, multiObjectives }: Wanted, wanted: Objective): boolean {
  return multiObjectives?.objective.includes(wanted) ?? objective === wanted;
}

/** A compact model runs no kernel that the float model does not run: if it was measured slower, that is the machine's unrest. */
export function isNotSlower(trial: Trial): boolean {
  return trial.latencyRatio !== null && (isCompact(trial) || trial.latencyRatio <= NOT_SLOWER);
}

/** The latency ratio on whose side a model must be known to lie: slower than float or not, or faster where it is never slower. */
export function decidingRatio(config: TuneConfig): number {
  return isCompact({ config }) ? 1 / LATENCY_NOISE : NOT_SLOWER;
}

function offered(met: readonly Trial[], trials: readonly Trial[], rules: JudgeRules): Trial | undefined {
  const { baseline, criterion, tuning } = rules;
  const allowed = wantsSpeed(tuning) ? met.filter(isNotSlower) : met;
  const candidates = allowed.length > 0 ? allowed : met;
  const certain = candidates.filter((trial) => isCertain(trial, baseline, criterion));
  const best = pick(candidates, trials, rules);
  const sure = pick(certain, trials, rules);
  return best !== undefined && sure !== undefined && isWorthIt(sure, best, tuning) ? sure : best;
}

/** Certainty is preferred where it costs no more than a tenth of anything that is an objective. */
function isWorthIt(sure: Trial, best: Trial, { objective, multiObjectives }: JudgeRules['tuning']): boolean {
  return (multiObjectives?.objective ?? [objective]).every((wanted) => {
    if (wanted === 'accuracy') return true;
    if (wanted === 'performance') return ratioOf(sure) <= CERTAINTY * ratioOf(best);
    if (wanted === 'footprint') return footprintOf(sure) <= CERTAINTY * footprintOf(best);
    return (sure.sizeBytes ?? Infinity) <= CERTAINTY * (best.sizeBytes ?? Infinity);
  });
}

function pick(
  candidates: readonly Trial[],
  trials: readonly Trial[],
  { baseline, criterion, tuning }: JudgeRules,
): Trial | undefined {
  if (candidates.length === 0) return undefined;
  const { multiObjectives, objective } = tuning;
  if (multiObjectives !== null) return bestWeighed(candidates, trials, multiObjectives, baseline, criterion);
  if (objective === 'performance') return fastest(candidates);
  if (objective === 'accuracy') return mostAccurate(candidates, criterion);
  return objective === 'footprint' ? leanest(candidates) : smallest(candidates);
}

function fastest(trials: readonly Trial[]): Trial | undefined {
  const lowest = Math.min(...trials.map(ratioOf));
  return smallest(trials.filter((trial) => ratioOf(trial) <= lowest * LATENCY_NOISE));
}

/** What int8 compute must beat: the compact model of trial 0 where that is faster than float, else float. */
export function ratioToBeat(trial0: Trial): number {
  return Math.min(1, ratioOf(trial0));
}

/**
 * The latency ratio that counts. A compact model runs the float model's own kernels, without those that were folded away: as fast as
 * float, and faster only where that shows beyond noise.
 */
function ratioOf(trial: Trial): number {
  if (!isCompact(trial)) return trial.latencyRatio ?? Infinity;
  const ratio = trial.latencyRatio ?? 1;
  return ratio * LATENCY_NOISE < 1 ? ratio : 1;
}

function smallest(trials: readonly Trial[]): Trial | undefined {
  const size = ({ sizeBytes }: Trial): number => sizeBytes ?? Infinity;
  return firstBy(trials, (a, b) => size(a) < size(b));
}

/** Least memory; of equals the smaller file. */
function leanest(trials: readonly Trial[]): Trial | undefined {
  const least = Math.min(...trials.map(footprintOf));
  return smallest(trials.filter((trial) => footprintOf(trial) === least));
}

function footprintOf({ footprintBytes }: Trial): number {
  return footprintBytes ?? Infinity;
}

function mostAccurate(trials: readonly Trial[], { higherIsBetter }: AccuracyCriterion): Trial | undefined {
  const best = firstBy(trials, (a, b) => better(a.score ?? NaN, b.score ?? NaN, higherIsBetter));
  return smallest(trials.filter(({ score }) => score === best?.score));
}

/** Complete trials first: the score of a pruned one stands for a part of the samples. */
function bestScored(trials: readonly Trial[], { higherIsBetter }: AccuracyCriterion): Trial | null {
  for (const status of ['complete', 'pruned'] as const) {
    const missed = trials.filter((trial) => trial.status === status && !trial.met && trial.score !== null);
    const best = firstBy(missed, (a, b) => better(a.score ?? NaN, b.score ?? NaN, higherIsBetter));
    if (best !== undefined) return best;
  }
  return null;
}

/** The trial that no other beats; the lowest number on a tie. */
function firstBy(trials: readonly Trial[], beats: (a: Trial, b: Trial) => boolean): Trial | undefined {
  const inOrder = trials.toSorted((a, b) => a.number - b.number);
  return inOrder.reduce<Trial | undefined>(
    (best, trial) => (best === undefined || beats(trial, best) ? trial : best),
    undefined,
  );
}
