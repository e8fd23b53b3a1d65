import { Fault } from '../base/fault.ts';

const ATTEMPTS = 3;

/** Runs a step again when a session worker died under it: nothing of the step is lost, the worker starts anew. */
export async function retryDeadWorker<T>(step: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await step();
    } catch (thrown) {
      if (attempt === ATTEMPTS || !(thrown instanceof Fault) || thrown.code !== 'worker-died') throw thrown;
    }
  }
}
