import type { Sensitivity } from '../tuning/sensitivity.ts';
import type { SessionRecord } from './session-record.ts';

/** What was measured in the session; null before it was asked for. */
export function sensitivityOf({ notes }: Pick<SessionRecord, 'notes'>): Sensitivity | null {
  return (notes['sensitivity'] as unknown as Sensitivity | undefined) ?? null;
}

/** What the figures are, in one sentence. */
export function sensitivityWords({ measure, samples, trial, ops }: Sensitivity): string {
  const what = measure === 'kl' ? 'KL divergence of the output in nats' : 'relative squared error of the output';
  const of = trial === null ? 'the first options of the space' : `trial ${trial}`;
  const shared = ops.some(({ sharedBy }) => sharedBy !== undefined)
    ? ' There are more ops than probes: neighbours share one.'
    : '';
  return `Effect: ${what} on ${samples} samples when the op alone computes in int8, as in ${of}.${shared}`;
}

/** A divergence or an error: three digits, small ones as powers of ten. */
export function effectText(effect: number | null): string {
  if (effect === null) return '–';
  return effect === 0 || effect >= 0.001 ? effect.toPrecision(3) : effect.toExponential(1);
}

export function decibelsText(decibels: number | null): string {
  return decibels === null ? '–' : `${decibels.toFixed(1)} dB`;
}

/** Time that int8 saves, with a minus sign where it costs time. */
export function savedText(savedMs: number | undefined): string {
  if (savedMs === undefined) return '–';
  return `${savedMs < 0 ? '−' : ''}${Math.abs(savedMs).toPrecision(2)} ms`;
}
