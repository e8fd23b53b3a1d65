import { interquartileRange, median } from '../base/statistics.ts';
import { NOT_SLOWER } from '../tuning/judge.ts';
import type { Feed } from './feed.ts';
import { isUndecided } from './timing-noise.ts';
import type { SessionPool, SessionWorker } from './session-host-api.ts';

/** Time given to a comparison; a third of it warms up. */
const BUDGET_MS = 1200;
/** A model that cannot be told from one as slow as float is timed again, this often in all. */
const MAX_ROUNDS = 3;

export interface LatencyComparison {
  /** Median of one run on one sample. */
  readonly latencyMs: number;
  readonly spreadMs: number;
  readonly floatLatencyMs: number;
  /** Median of the ratios of neighbouring runs, int8 : float; below 1 is faster. */
  readonly ratio: number;
  /** Milliseconds of each run, in turns. */
  readonly times: { readonly float: readonly number[]; readonly model: readonly number[] };
}

/**
 * Times a model against the float model in turns, on the first worker while the others rest. `rounds`: how often at most, where
 * one does not tell it from a model as slow as float.
 */
export async function compareLatency(
  pool: SessionPool,
  feed: Feed,
  floatModel: Uint8Array,
  model: Uint8Array,
  { budgetMs, rounds } = { budgetMs: BUDGET_MS, rounds: MAX_ROUNDS },
): Promise<LatencyComparison> {
  const worker = pool.workers[0] as SessionWorker;
  await worker.api.open('latency-float', floatModel, 'all');
  await worker.api.open('latency-model', model, 'all');
  try {
    const floatTimes: number[] = [];
    const times: number[] = [];
    const ratios: number[] = [];
    const spentMs = (): number => sum(floatTimes) + sum(times);
    for (let round = 0; round < rounds && (round === 0 || isUndecided(ratios, NOT_SLOWER)); round++) {
      // The least number of turns takes slow models longer than all rounds are meant to.
      if (spentMs() > rounds * budgetMs) break;
      const [float = [], int8 = []] = await feed.on(worker, 0, (ref) =>
        worker.api.time(['latency-float', 'latency-model'], ref, budgetMs),
      );
      floatTimes.push(...float);
      times.push(...int8);
      ratios.push(...Array.from(int8, (ms, i) => ms / (float[i] as number)));
    }
    return {
      latencyMs: median(times),
      spreadMs: interquartileRange(times),
      floatLatencyMs: median(floatTimes),
      ratio: median(ratios),
      times: { float: floatTimes, model: times },
    };
  } finally {
    await worker.api.close('latency-float');
    await worker.api.close('latency-model');
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
