import type { WorkerHandle } from './remote.ts';

/** A Web Worker as the supervisor wants it. */
export function webWorker(worker: Worker): WorkerHandle {
  return {
    endpoint: worker,
    terminate: () => worker.terminate(),
    onDeath: (listener) => {
      worker.addEventListener('error', (event) => {
        // Unhandled, the death of a nested worker would count as that of the worker that started it.
        event.preventDefault();
        listener(event.message || 'the worker could not be loaded');
      });
      worker.addEventListener('messageerror', () => listener('a message could not be read'));
    },
  };
}
