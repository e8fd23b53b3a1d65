import type { Clock } from '../base/clock.ts';
import type { Stage, TuneEvent } from './events.ts';

/** At most this often, so that listeners are not flooded. */
const INTERVAL_MS = 150;

/** Reports the share of a step that is done, with the time left by the pace so far. */
export function progressReporter(
  clock: Clock,
  emit: (event: TuneEvent) => void,
  stage: Stage,
  detail: string,
): (share: number) => void {
  const started = clock();
  let reported = -Infinity;
  return (share) => {
    const now = clock();
    if (now - reported < INTERVAL_MS && share < 1) return;
    reported = now;
    const elapsed = (now - started) / 1000;
    const secondsLeft = share > 0.02 ? (elapsed / share) * (1 - share) : null;
    emit({ type: 'progress', stage, detail, share, secondsLeft });
  };
}
