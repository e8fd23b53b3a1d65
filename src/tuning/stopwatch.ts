import type { Clock } from '../base/clock.ts';

/** Seconds that a run has spent: pauses are left out, time of earlier sessions is added. */
export class Stopwatch {
  readonly #clock: Clock;
  readonly #startMs: number;
  #pausedMs = 0;
  #earlierSeconds: number;

  constructor(clock: Clock, earlierSeconds: number) {
    this.#clock = clock;
    this.#startMs = clock();
    this.#earlierSeconds = earlierSeconds;
  }

  seconds(): number {
    return this.#earlierSeconds + (this.#clock() - this.#startMs - this.#pausedMs) / 1000;
  }

  addEarlier(seconds: number): void {
    this.#earlierSeconds += seconds;
  }

  /** Waits without counting the time. */
  async pauseFor(wait: () => Promise<void>): Promise<void> {
    const startMs = this.#clock();
    await wait();
    this.#pausedMs += this.#clock() - startMs;
  }
}
