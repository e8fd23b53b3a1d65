import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import type { Worker } from 'node:worker_threads';
import type { WorkerHandle } from './remote.ts';

export { nodeEndpoint };

/** A worker thread as the supervisor wants it. */
export function nodeWorker(worker: Worker): WorkerHandle {
  return {
    endpoint: nodeEndpoint(worker),
    terminate: () => void worker.terminate(),
    onDeath: (listener) => {
      worker.on('error', (error) => listener(error instanceof Error ? error.message : String(error)));
      worker.on('exit', (code) => listener(`exit code ${code}`));
    },
  };
}
