import { systemClock, timestamp } from '../src/base/clock.ts';
import { systemHttp } from '../src/base/http.ts';
import { serve } from '../src/bridge/remote.ts';
import { createSessionPool } from '../src/bridge/session-pool.ts';
import { webWorker } from '../src/bridge/web-worker.ts';
import { Tuner } from '../src/engine/tuner.ts';
import { DiskShelves } from '../src/history/disk-shelves.ts';
import { MemoryShelves } from '../src/history/memory-shelves.ts';
import { SessionDatabase } from '../src/history/session-database.ts';
import { SpareShelves, type SpareMemory } from '../src/history/spare-shelves.ts';

/** More workers than this cost memory and gain little. */
const MAX_WORKERS = 8;

/** The page hands over its own before the first call. */
let memory: SpareMemory = new MemoryShelves();
const database = new SessionDatabase(new SpareShelves(DiskShelves.open(), () => memory));
const size = Math.min(MAX_WORKERS, Math.max(1, navigator.hardwareConcurrency));
const pool = createSessionPool(size, () =>
  webWorker(new Worker(new URL('./session.worker.ts', import.meta.url), { type: 'module' })),
);
/** One device serves all sessions: several workers would only queue up for it. */
const gpuPool = createSessionPool(
  1,
  () => webWorker(new Worker(new URL('./session-webgpu.worker.ts', import.meta.url), { type: 'module' })),
  'The WebGPU worker',
);

serve(
  new Tuner({
    pool,
    gpuPool,
    clock: systemClock,
    timestamp,
    openStore: async (id) => database.store(id),
    keepIn: (lent) => (memory = lent),
    statisticsCache: {
      load: (key) => database.statistics(key, timestamp()),
      save: (key, statistics) => database.saveStatistics(key, statistics, timestamp()),
    },
    outside: {
      http: systemHttp,
      pageUrl: location.origin,
      delay: (ms, callback) => void setTimeout(callback, ms),
      importModule,
    },
  }),
);

/** A module that the user has allowed to run; the policy of this worker alone admits it. */
async function importModule(text: string): Promise<unknown> {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  try {
    return await import(/* @vite-ignore */ url);
  } finally {
    URL.revokeObjectURL(url);
  }
}
