import { isCompact } from './compact.ts';
import type { DriveResult } from './driver.ts';
import type { ExitPolicy } from './types.ts';

type Ended = Pick<DriveResult, 'stopReason' | 'conclusion' | 'met' | 'byAHair' | 'best' | 'trials'>;

/** Why a run ended and what it offers, in one sentence for people. */
export function stopReasonText(result: Ended, exitPolicy: ExitPolicy): string {
  const searched = result.trials.filter(({ byHand }) => !byHand);
  const byHand = result.trials.length - searched.length;
  const after = byHand === 0 ? '' : `, and ${counted(byHand, 'trial')} by you after the search`;
  return `${reasonText({ ...result, trials: searched }, exitPolicy)}${after}; ${offerText(result)}.`;
}

function reasonText(
  { stopReason, conclusion, trials }: Ended,
  { timeoutSeconds, maxTrials, performanceOnly }: ExitPolicy,
): string {
  const tried =
    trials.length > 1 ? `the compact model and ${counted(trials.length - 1, 'trial')}` : 'the compact model alone';
  switch (stopReason) {
    case 'criterion-met':
      return `Stopped at trial ${trials.at(-1)?.number ?? 0}, the first of the search that is good enough`;
    case 'max-trials':
      if (performanceOnly) return 'Stopped after the first config, as the configuration asks';
      return `Stopped after ${counted(maxTrials, 'trial')}, the most that are allowed`;
    case 'timeout':
      return `Stopped after ${counted(timeoutSeconds, 'second')}, the time budget`;
    case 'space-exhausted':
      return `${conclusion === null ? 'The strategy has nothing left to try' : `${conclusion},`} after ${tried}`;
    case 'stopped':
      return `Stopped by the user after ${tried}`;
    case 'float-recommended':
      return 'Every model that meets the accuracy criterion is slower than float here, so the float model is recommended';
  }
}

function offerText({ best, met, byAHair, trials }: Ended): string {
  if (best === null) return 'no model was completed';
  const name = isCompact(best) ? `the compact model (trial ${best.number})` : `trial ${best.number}`;
  if (met && byAHair) {
    return `${name} meets the accuracy criterion by a hair, its interval reaches beyond, and is offered`;
  }
  if (met) return `${name} meets the accuracy criterion and is offered`;
  return trials.some((trial) => trial.met)
    ? `${name} misses the accuracy criterion and is offered all the same`
    : `no model meets the accuracy criterion, ${name} comes closest`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
