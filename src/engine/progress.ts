import type { Clock } from '../base/clock.ts';
import { quantile } from '../base/statistics.ts';
import type { Stage, TuneEvent } from './events.ts';

/** At most this often, so that listeners are not flooded. */
const INTERVAL_MS = 150;
/** Before that nothing is said of the time left. */
const FIRST_SHARE = 0.02;
/** Reports from which on paces say how much they vary. */
const FEWEST_PACES = 4;

/** Reports the share of a step that is done, with the time left by the pace so far: between its quartiles from report to report. */
export function progressReporter(
  clock: Clock,
  emit: (event: TuneEvent) => void,
  stage: Stage,
  detail: string,
): (share: number) => void {
  const started = clock();
  /** Seconds for the whole step, by the pace between one report and the next. */
  const paces: number[] = [];
  let last = { at: started, share: 0 };
  let reported = -Infinity;
  return (share) => {
    const now = clock();
    if (now - reported < INTERVAL_MS && share < 1) return;
    reported = now;
    if (share > last.share) {
      paces.push((now - last.at) / 1000 / (share - last.share));
      last = { at: now, share };
    }
    const whole = (now - started) / 1000 / share;
    const [fast, slow] = paces.length < FEWEST_PACES ? [whole, whole] : [quantile(paces, 0.25), quantile(paces, 0.75)];
    const left = (pace: number): number => pace * (1 - share);
    const secondsLeft =
      share > FIRST_SHARE ? ([left(Math.min(whole, fast)), left(Math.max(whole, slow))] as const) : null;
    emit({ type: 'progress', stage, detail, share, secondsLeft });
  };
}
