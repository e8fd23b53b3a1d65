import { interquartileRange, median } from '../base/statistics.ts';
import { NOT_SLOWER } from '../tuning/judge.ts';
import type { Feed } from './feed.ts';
import { isUndecided } from './timing-noise.ts';
import type { SessionPool, SessionWorker } from './session-host-api.ts';

/** Time given to a comparison; a third of it warms up. */
const BUDGET_MS = 1200;
/** Where a ratio cannot be told from the one that decides, it is timed again, this often in all. */
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

interface TimingPlan {
  readonly budgetMs?: number;
  /** How often at most it is timed, where once does not tell the ratio from `threshold`. */
  readonly rounds?: number;
  readonly threshold?: number;
}

/** Times a model against the float model in turns, on the first worker while the others rest. */
export async function compareLatency(
  pool: SessionPool,
  feed: Feed,
  floatModel: Uint8Array,
  model: Uint8Array,
  { budgetMs = BUDGET_MS, rounds = MAX_ROUNDS, threshold = NOT_SLOWER }: TimingPlan = {},
): Promise<LatencyComparison> {
  const worker = pool.workers[0] as SessionWorker;
  await worker.api.open('latency-float', floatModel, 'all');
  await worker.api.open('latency-model', model, 'all');
  try {
    const floatTimes: number[] = [];
    const times: number[] = [];
    const ratios: number[] = [];
    const spentMs = (): number => sum(floatTimes) + sum(times);
    for (let round = 0; round < rounds && (round === 0 || isUndecided(ratios, threshold)); round++) {
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
