import type { AccuracyCriterion, Baseline, Trial } from './types.ts';
import type { CriterionSettings } from './config/tuning.ts';

/** The criterion of the settings, with the metric's direction where they name none. */
export function accuracyCriterion(
  settings: CriterionSettings,
  metricHigherIsBetter: boolean,
  eachMetric = false,
): AccuracyCriterion {
  const higherIsBetter = settings.higherIsBetter ?? metricHigherIsBetter;
  return { ...settings, higherIsBetter, ...(eachMetric && { eachMetric }) };
}

/** The score that a model must reach: `base·(1 − rel)` or `base − abs`; with lower better, `base·(1 + rel)` or `base + abs`. */
export function targetScore(baseline: number, { kind, tolerance, higherIsBetter }: AccuracyCriterion): number {
  const loss = kind === 'relative' ? baseline * tolerance : tolerance;
  return higherIsBetter ? baseline - loss : baseline + loss;
}

/** Rounding of the target must not fail a score that equals it. */
const ROUNDING = 1e-12;

/**
 * Whether a score meets the criterion. With lower better the target itself fails, as in Neural Compressor, except where
 * nothing is lost against the baseline and losses are allowed (a perfect 0 against a baseline of 0).
 */
export function meets(score: number, baseline: number, criterion: AccuracyCriterion): boolean {
  const target = targetScore(baseline, criterion);
  if (criterion.higherIsBetter) return score >= target - ROUNDING * Math.max(1, Math.abs(target));
  return score < target || (criterion.tolerance >= 0 && score <= baseline);
}

/** Whether a model meets the criterion: by its score or, where the criterion asks it, by that of every metric. */
export function meetsCriterion(
  found: { readonly score: number; readonly scores?: Trial['scores'] },
  baseline: Pick<Baseline, 'score' | 'scores'>,
  criterion: AccuracyCriterion,
): boolean {
  if (!criterion.eachMetric) return meets(found.score, baseline.score, criterion);
  const required = Object.entries(baseline.scores ?? {});
  return required.length > 0 && required.every(([name, base]) => meets(found.scores?.[name] ?? NaN, base, criterion));
}

/** Whether the whole 95 % interval of a trial meets the criterion: that of its score or, where asked, of every metric. */
export function isCertain(
  { difference, differences }: Pick<Trial, 'difference' | 'differences'>,
  { score, scores }: Pick<Baseline, 'score' | 'scores'>,
  criterion: AccuracyCriterion,
): boolean {
  if (!criterion.eachMetric) return meetsByInterval(difference, score, criterion);
  const required = Object.entries(scores ?? {});
  return (
    required.length > 0 &&
    required.every(([name, base]) => meetsByInterval(differences?.[name] ?? null, base, criterion))
  );
}

/** Whether the whole 95 % interval of a trial's score meets the criterion, not just the score; false where none is known. */
export function meetsByInterval(
  difference: { readonly mean: number; readonly halfWidth: number } | null,
  baseline: number,
  criterion: AccuracyCriterion,
): boolean {
  if (difference === null) return false;
  const { mean, halfWidth } = difference;
  return meets(baseline + mean + (criterion.higherIsBetter ? -halfWidth : halfWidth), baseline, criterion);
}

/** True when `a` is strictly better than `b`; NaN is never better. */
export function better(a: number, b: number, higherIsBetter: boolean): boolean {
  return higherIsBetter ? a > b : a < b;
}
