import { Fault } from '../base/fault.ts';

/** How a run is paused and stopped from outside; it looks between batches, so both take effect within one batch. */
export interface RunControl {
  readonly signal: AbortSignal;
  /** Resolves at once unless the run is paused, then when it goes on. */
  waitIfPaused(): Promise<void>;
}

/** To be called between steps. Throws `cancelled` once the run is stopped. */
export async function checkpoint(control: RunControl): Promise<void> {
  await control.waitIfPaused();
  if (control.signal.aborted) throw new Fault('cancelled', { message: 'The run was stopped' });
}

/** A control that is operated by `pause`, `resume` and `stop`. */
export class ManualControl implements RunControl {
  readonly #abort = new AbortController();
  #paused: { promise: Promise<void>; release: () => void } | undefined;

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get isPaused(): boolean {
    return this.#paused !== undefined;
  }

  async waitIfPaused(): Promise<void> {
    await this.#paused?.promise;
  }

  pause(): void {
    if (this.#paused) return;
    let release: () => void = () => undefined;
    const promise = new Promise<void>((resolve) => (release = resolve));
    this.#paused = { promise, release };
  }

  resume(): void {
    this.#paused?.release();
    this.#paused = undefined;
  }

  stop(): void {
    this.#abort.abort();
    this.resume();
  }
}
