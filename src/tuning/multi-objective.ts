import type { MultiObjectives, Objective } from './config/tuning.ts';
import type { AccuracyCriterion, Baseline, Trial } from './types.ts';

/**
 * Neural Compressor's ranking by several objectives: the ratio baseline / value per objective, scaled to [0, 1] over the
 * trials (columns without spread stay), mirrored where higher is better, summed by weight; the first highest sum wins.
 */
export function bestWeighed(
  trials: readonly Trial[],
  { objective: objectives, weight }: MultiObjectives,
  baseline: Baseline,
  criterion: AccuracyCriterion,
): Trial | undefined {
  const columns = objectives.map((objective) => goodness(trials, objective, baseline, criterion));
  const sums = trials.map((_, row) =>
    columns.reduce((sum, column, i) => sum + (weight?.[i] ?? 1) * (column[row] ?? 0), 0),
  );
  return trials[sums.indexOf(Math.max(...sums))];
}

function goodness(
  trials: readonly Trial[],
  objective: Objective,
  baseline: Baseline,
  { kind, higherIsBetter }: AccuracyCriterion,
): readonly number[] {
  const ratios = trials.map((trial) => {
    if (objective === 'performance') return 1 / (trial.latencyRatio ?? Infinity);
    if (objective !== 'accuracy') return baseline.sizeBytes / (trial.sizeBytes ?? Infinity);
    const score = trial.score ?? NaN;
    return kind === 'absolute' ? baseline.score - score : baseline.score / score;
  });
  const scaled = scaleToUnit(ratios);
  if (objective !== 'accuracy' || !higherIsBetter) return scaled;
  const sum = Math.max(...scaled) + Math.min(...scaled);
  return scaled.map((value) => sum - value);
}

function scaleToUnit(values: readonly number[]): readonly number[] {
  const low = Math.min(...values);
  const spread = Math.max(...values) - low;
  return spread > 0 ? values.map((value) => (value - low) / spread) : values;
}
