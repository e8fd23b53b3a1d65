import type { MultiObjectives, Objective } from './config/tuning.ts';
import type { AccuracyCriterion, Baseline, Trial } from './types.ts';

/**
 * Neural Compressor's ranking by several objectives: the ratio baseline / value per objective, scaled to [0, 1] over all
 * trials that have the value (columns without spread stay), mirrored where higher is better (by nature: a score whose metric
 * says so; or as `higherIsBetter` says), summed by weight over the
 * candidates; the first highest sum wins. Trials without the value count as the worst.
 */
export function bestWeighed(
  candidates: readonly Trial[],
  trials: readonly Trial[],
  { objective: objectives, weight, higherIsBetter }: MultiObjectives,
  baseline: Baseline,
  criterion: AccuracyCriterion,
): Trial | undefined {
  const columns = objectives.map((objective, i) => {
    const natural = objective === 'accuracy' && criterion.higherIsBetter;
    const isHigherBetter = higherIsBetter?.[i] ?? natural;
    return goodness(candidates, trials, { objective, isHigherBetter }, baseline, criterion);
  });
  const sums = candidates.map((_, row) =>
    columns.reduce((sum, column, i) => sum + (weight?.[i] ?? 1) * (column[row] ?? 0), 0),
  );
  return candidates[sums.indexOf(Math.max(...sums))];
}

function goodness(
  candidates: readonly Trial[],
  trials: readonly Trial[],
  { objective, isHigherBetter }: { readonly objective: Objective; readonly isHigherBetter: boolean },
  baseline: Baseline,
  criterion: AccuracyCriterion,
): readonly number[] {
  const ratio = (trial: Trial): number => ratioToBaseline(trial, objective, baseline, criterion);
  const known = trials.map(ratio).filter(Number.isFinite);
  const low = Math.min(...known);
  const high = Math.max(...known);
  const scale = (value: number): number => (high > low ? (value - low) / (high - low) : value);
  return candidates.map(ratio).map((value) => {
    if (!Number.isFinite(value)) return 0;
    return isHigherBetter ? scale(low) + scale(high) - scale(value) : scale(value);
  });
}

function ratioToBaseline(
  { score, sizeBytes, footprintBytes, latencyRatio }: Trial,
  objective: Objective,
  baseline: Baseline,
  { kind }: AccuracyCriterion,
): number {
  if (objective === 'performance') return 1 / (latencyRatio ?? NaN);
  if (objective === 'footprint') return (baseline.footprintBytes ?? NaN) / (footprintBytes ?? NaN);
  if (objective === 'modelsize') return baseline.sizeBytes / (sizeBytes ?? NaN);
  return kind === 'absolute' ? baseline.score - (score ?? NaN) : baseline.score / (score ?? NaN);
}
