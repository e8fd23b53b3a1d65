import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { nodeWorker } from '../bridge/node-worker.ts';
import { createSessionPool } from '../bridge/session-pool.ts';
import type { SessionPool } from '../engine/session-host-api.ts';

/** More workers than this cost memory and gain little. */
const MAX_WORKERS = 8;

/** A pool of worker threads, one per core. */
export function nodePool(): SessionPool {
  const size = Math.min(MAX_WORKERS, Math.max(1, availableParallelism()));
  return createSessionPool(size, () => nodeWorker(new Worker(new URL('./session.node.js', import.meta.url))));
}
