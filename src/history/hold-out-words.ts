import type { HoldOutResult } from './session-record.ts';

/** Whether the offered model keeps what it promises on data that no trial saw, in one sentence. */
export function holdOutVerdict({ samples, met }: HoldOutResult): string {
  const verdict = met ? 'meets the criterion, too' : 'misses the criterion: expect less than the trials promise';
  return `On ${samples} samples that no trial saw it ${verdict}.`;
}

/** The scores behind that verdict, for plain text. */
export function holdOutScores({ samples, score, baselineScore, difference }: HoldOutResult): string {
  const sign = difference.mean < 0 ? '−' : '+';
  const interval = `${sign}${Math.abs(difference.mean).toFixed(4)} ± ${difference.halfWidth.toFixed(4)}`;
  return `held-out samples (${samples}): score ${score.toFixed(4)}, float ${baselineScore.toFixed(4)} (${interval})`;
}
