import { interquartileRange, median } from '../base/statistics.ts';
import type { Feed } from './feed.ts';
import type { SessionPool, SessionWorker } from './session-host-api.ts';

/** Time given to a comparison; a third of it warms up. */
const BUDGET_MS = 1200;

export interface LatencyComparison {
  /** Median of one run on one sample. */
  readonly latencyMs: number;
  readonly spreadMs: number;
  readonly floatLatencyMs: number;
  /** Median of the ratios of neighbouring runs, int8 : float; below 1 is faster. */
  readonly ratio: number;
}

/** Times a model against the float model in turns, on the first worker while the others rest. */
export async function compareLatency(
  pool: SessionPool,
  feed: Feed,
  floatModel: Uint8Array,
  model: Uint8Array,
): Promise<LatencyComparison> {
  const worker = pool.workers[0] as SessionWorker;
  await worker.api.open('latency-float', floatModel, 'all');
  await worker.api.open('latency-model', model, 'all');
  try {
    const [float, int8] = await feed.on(worker, 0, (ref) =>
      worker.api.time(['latency-float', 'latency-model'], ref, BUDGET_MS),
    );
    const floatTimes = float ?? new Float64Array();
    const times = int8 ?? new Float64Array();
    return {
      latencyMs: median(times),
      spreadMs: interquartileRange(times),
      floatLatencyMs: median(floatTimes),
      ratio: median(times.map((ms, i) => ms / (floatTimes[i] as number))),
    };
  } finally {
    await worker.api.close('latency-float');
    await worker.api.close('latency-model');
  }
}
