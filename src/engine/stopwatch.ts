import type { Clock } from '../base/clock.ts';
import type { Seconds } from '../history/session-record.ts';

export type Activity = Exclude<keyof Seconds, 'total'>;

/** Adds up where the time of a run goes. */
export class Stopwatch {
  readonly #clock: Clock;
  readonly #started: number;
  readonly #spent: Record<Activity, number> = {
    baseline: 0,
    calibration: 0,
    rewrite: 0,
    session: 0,
    evaluation: 0,
    latency: 0,
  };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#started = clock();
  }

  add(activity: Activity, seconds: number): void {
    this.#spent[activity] += seconds;
  }

  async time<T>(activity: Activity, step: () => Promise<T>): Promise<T> {
    const started = this.#clock();
    try {
      return await step();
    } finally {
      this.add(activity, (this.#clock() - started) / 1000);
    }
  }

  seconds(): Seconds {
    return { total: (this.#clock() - this.#started) / 1000, ...this.#spent };
  }
}
