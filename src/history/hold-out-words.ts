import type { HoldOutResult } from './session-record.ts';

/** What the offered model is worth on data that no trial saw, in one sentence. */
export function holdOutWords({ samples, score, baselineScore, met, difference }: HoldOutResult): string {
  const sign = difference.mean < 0 ? '−' : '+';
  const interval = `${sign}${Math.abs(difference.mean).toFixed(4)} ± ${difference.halfWidth.toFixed(4)}`;
  const scores = `scores ${score.toFixed(4)}, float ${baselineScore.toFixed(4)} (${interval})`;
  return `On ${samples} samples that no trial saw it ${scores}: the criterion is ${met ? 'met' : 'missed'} there${met ? '' : ', so expect less than the trials promise'}.`;
}
