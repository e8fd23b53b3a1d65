import { Fault } from '../base/fault.ts';
import { connect, type Remote, type WorkerHandle } from './remote.ts';

/** A worker that dies this many times in a row without finishing a call is not started again. */
const MAX_DEATHS_IN_A_ROW = 3;

/**
 * Keeps one worker alive: starts it when first called, rejects its pending calls with `worker-died` when it ends, and starts
 * another for the next call. `terminate` rejects them with `cancelled`.
 */
export class Supervisor<Api> {
  readonly #spawn: () => WorkerHandle;
  readonly #label: string;
  readonly #greet: (remote: Remote<Api>) => Promise<unknown>;
  #current: { handle: WorkerHandle; remote: Remote<Api>; release(): void; lose(fault: Fault): void } | undefined;
  #deaths = 0;
  #generation = 0;

  /** `greet`: what every worker is told before anything else. */
  constructor(
    label: string,
    spawn: () => WorkerHandle,
    greet: (remote: Remote<Api>) => Promise<unknown> = () => Promise.resolve(),
  ) {
    this.#label = label;
    this.#spawn = spawn;
    this.#greet = greet;
  }

  /** How many times the worker was started. */
  get generation(): number {
    return this.#generation;
  }

  readonly api = new Proxy(
    {},
    {
      get: (_, method) =>
        typeof method !== 'string' || method === 'then'
          ? undefined
          : async (...args: unknown[]): Promise<unknown> => {
              const remote = this.#running().remote as Record<string, (...args: unknown[]) => Promise<unknown>>;
              try {
                const result = await remote[method]?.(...args);
                this.#deaths = 0;
                return result;
              } catch (thrown) {
                // WASM memory never shrinks, and a start that ran out of it spoils the worker for good.
                if (thrown instanceof Fault && thrown.code === 'out-of-memory') this.#end(thrown);
                throw thrown;
              }
            },
    },
  ) as Remote<Api>;

  /** Ends the worker now; it starts again with the next call. */
  terminate(): void {
    this.#end(new Fault('cancelled', { message: `${this.#label} was stopped` }));
  }

  #running(): { remote: Remote<Api> } {
    if (this.#current) return this.#current;
    if (this.#deaths >= MAX_DEATHS_IN_A_ROW) {
      throw new Fault('worker-start-failed', {
        message: `${this.#label} ended ${this.#deaths} times in a row`,
        next: 'Close other tabs and programs to free memory, then resume.',
      });
    }
    const handle = this.#spawn();
    this.#generation++;
    let lose: (fault: Fault) => void = () => undefined;
    const lost = new Promise<never>((_, reject) => (lose = reject));
    lost.catch(() => undefined);
    const current = { handle, lose, ...connect<Api>(handle, lost) };
    this.#current = current;
    handle.onDeath((reason) => {
      if (this.#current !== current) return;
      this.#deaths++;
      this.#end(
        new Fault('worker-died', {
          message: `${this.#label} ended unexpectedly`,
          found: reason,
          next: 'Octet starts it again; if that repeats, free some memory.',
        }),
      );
    });
    // Its failure is that of the calls that follow.
    this.#greet(current.remote).catch(() => undefined);
    return current;
  }

  #end(fault: Fault): void {
    const current = this.#current;
    if (!current) return;
    this.#current = undefined;
    current.lose(fault);
    current.release();
    current.handle.terminate();
  }
}
