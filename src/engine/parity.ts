import { Fault } from '../base/fault.ts';
import type { Tensor } from '../base/tensor.ts';
import type { Feed } from './feed.ts';
import type { SessionPool, SessionWorker } from './session-host-api.ts';

/** Largest difference of any output value, as a share of the output's range, that clean-up may make by float rounding. */
const TOLERANCE = 1e-3;

/** Checks that the cleaned float model says what the given one says, on the first batch. Throws `internal` otherwise. */
export async function checkParity(
  pool: SessionPool,
  feed: Feed,
  given: Uint8Array,
  cleaned: Uint8Array,
  output: string,
): Promise<void> {
  const worker = pool.workers[0] as SessionWorker;
  const results: Tensor[] = [];
  for (const [id, model] of [
    ['given', given],
    ['cleaned', cleaned],
  ] as const) {
    await worker.api.open(id, model, 'all');
    results.push(await feed.on(worker, 0, (ref) => worker.api.run(id, ref, output)));
    await worker.api.close(id);
  }
  const difference = relativeDifference(results[0] as Tensor, results[1] as Tensor);
  if (difference <= TOLERANCE) return;
  throw new Fault('internal', {
    message: 'Cleaning the float model up changed its results',
    place: `output ${output}`,
    found: `a difference of ${(100 * difference).toPrecision(3)} % of the output's range`,
    next: 'Please report this model: Octet must not tune what it has changed.',
  });
}

function relativeDifference(a: Tensor, b: Tensor): number {
  let [min, max, worst] = [Infinity, -Infinity, 0];
  for (let i = 0; i < a.data.length; i++) {
    const value = Number(a.data[i]);
    min = Math.min(min, value);
    max = Math.max(max, value);
    worst = Math.max(worst, Math.abs(value - Number(b.data[i])));
  }
  return worst / Math.max(max - min, 1e-6);
}
