import { undisturbedMean } from '../runtime/undisturbed.ts';

/** Chunks of runs after which times count whether they have settled or not. */
const MOST_CHUNKS = 10;
/** A time below this share of the one before shows that kernels are still being compiled; noise alone seldom goes so far. */
const SETTLED = 0.93;

/**
 * Time of a run by model, of models that run in turns (`chunk`: the times of some runs by model): chunk after chunk until none gets
 * faster. V8 compiles kernels while they run, on a busy machine late: a model with kernels that ran before would look better than
 * one with new kernels. The first chunk never counts.
 */
export async function settledTimes(chunk: () => Promise<readonly (readonly number[])[]>): Promise<readonly number[]> {
  let times = (await chunk()).map(undisturbedMean);
  for (let chunks = 1; chunks < MOST_CHUNKS; chunks++) {
    const before = times;
    times = (await chunk()).map(undisturbedMean);
    if (times.every((ms, i) => ms >= SETTLED * (before[i] as number))) break;
  }
  return times;
}
