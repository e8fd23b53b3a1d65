import { stepWords } from '../history/config-words.ts';
import type { Goal } from '../history/session-record.ts';
import type { Baseline, Trial } from '../tuning/types.ts';
import { formatSize, scoreFormat } from './format.ts';

/** A trial's end as one sentence. */
export function trialWords(trial: Trial, goal: Goal | null, baseline: Baseline | null): string {
  const { number, stage, status, score, met, sizeBytes } = trial;
  const step = stepWords(stage);
  if (status === 'failed') return `Trial ${number}, ${step}, failed.`;
  const verdict = met ? 'meets' : 'misses';
  const words = scoreFormat(goal, baseline?.score ?? null).score(score);
  return `Trial ${number}, ${step}: ${words} ${verdict} the criterion, ${formatSize(sizeBytes)}.`;
}

/** The best trial so far: by score, among those that meet the criterion if any does. */
export function bestSoFar(trials: readonly Trial[], goal: Goal | null): Trial | null {
  const scored = trials.filter(({ status, score }) => status === 'complete' && score !== null);
  const met = scored.filter((trial) => trial.met);
  const higher = goal?.higherIsBetter ?? true;
  const beats = (a: Trial, b: Trial): boolean =>
    higher ? (a.score ?? 0) > (b.score ?? 0) : (a.score ?? 0) < (b.score ?? 0);
  return (met.length > 0 ? met : scored).reduce<Trial | null>(
    (best, trial) => (best === null || beats(trial, best) ? trial : best),
    null,
  );
}
