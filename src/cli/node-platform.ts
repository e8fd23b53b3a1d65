import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { nodeWorker } from '../bridge/node-worker.ts';
import { createSessionPool } from '../bridge/session-pool.ts';
import { systemHttp } from '../base/http.ts';
import type { Outside } from '../engine/outside.ts';
import type { SessionPool } from '../engine/session-host-api.ts';

/** More workers than this cost memory and gain little. */
const MAX_WORKERS = 8;

/** A pool of worker threads, one per core. */
export function nodePool(): SessionPool {
  const size = Math.min(MAX_WORKERS, Math.max(1, availableParallelism()));
  return createSessionPool(size, () => nodeWorker(new Worker(new URL('./session.node.js', import.meta.url))));
}

/** A module of the user's runs as it does on the page: from its text alone, without the files around it. */
export const nodeOutside: Outside = {
  http: systemHttp,
  pageUrl: null,
  delay: (ms, callback) => void setTimeout(callback, ms),
  importModule: (text) =>
    import(/* @vite-ignore */ `data:text/javascript;base64,${Buffer.from(text).toString('base64')}`),
};
