import type { OptionValues } from '../base/options.ts';
import type { Clock } from '../base/clock.ts';
import { DECISION_WIDTH } from '../metrics/decisions.ts';
import type { Metric } from '../metrics/metric.ts';
import type { RunControl } from './control.ts';
import { settled, type Feed } from './feed.ts';
import type { SessionPool } from './session-host-api.ts';

/** What every evaluation of a run shares. */
export interface EvaluationSetup {
  readonly pool: SessionPool;
  readonly feed: Feed;
  readonly metric: Metric;
  readonly metricOptions: OptionValues;
  /** Name of the output that is scored. */
  readonly output: string;
  readonly control: RunControl;
  readonly clock: Clock;
}

export interface EvaluationOutcome {
  /** One value per sample, in the order of the data; NaN for samples that were not run. A composite's: metric after metric. */
  readonly values: Float64Array;
  /** Rows as of `decisionsOf`, in the order of the data; null where the output chooses no class. */
  readonly decisions: Float32Array | null;
  /** Samples that were run: all of them, unless a race gave the model up. */
  readonly samplesEvaluated: number;
  readonly seconds: { readonly session: number; readonly evaluation: number };
}

export interface EvaluationOptions {
  readonly keepReference?: boolean;
  /** Told the values of the next samples, in the order of the feed; ends the evaluation by returning true. */
  readonly givesUp?: (values: readonly number[]) => boolean;
  readonly onSamples?: (done: number) => void;
}

/** Batches between two looks at a race: few at first, since bad models show early. */
const FIRST_ROUND = 4;

/** Runs a model file on all samples, or until it is given up, on all workers. The sessions are closed afterwards. */
export async function evaluateModel(
  setup: EvaluationSetup,
  id: string,
  model: Uint8Array,
  { keepReference = false, givesUp, onSamples }: EvaluationOptions = {},
): Promise<EvaluationOutcome> {
  const { pool, feed, metric, metricOptions, output, control, clock } = setup;
  const started = clock();
  await openEverywhere(pool, id, model);
  const opened = clock();
  const metrics = metric.parts ?? [{ metric, options: metricOptions }];
  const request = metrics.map(({ metric: { name }, options }) => ({ name, options }));
  const values = new Float64Array(feed.dataset.count * metrics.length).fill(NaN);
  const decisions = new Float32Array(feed.dataset.count * DECISION_WIDTH).fill(NaN);
  let choosesClass = true;
  let [done, placed] = [0, 0];
  try {
    // Whole rounds whatever the number of workers: where an evaluation ends must not depend on the machine.
    for (let from = 0, to = 0; from < feed.batches; from = to) {
      to = givesUp ? Math.max(FIRST_ROUND, from + Math.ceil(from / 2)) : feed.batches;
      const parts = await feed.each(
        pool,
        control,
        (worker, batch) =>
          worker.api.evaluate({
            session: id,
            batch,
            metrics: request,
            output,
            keepReference,
          }),
        (rows) => onSamples?.((done += rows)),
        { from, to },
      );
      for (const part of parts) {
        const rows = part.values.length / metrics.length;
        const sampleOf = (row: number): number => feed.order[placed + row] as number;
        for (const [i, value] of part.values.entries()) {
          const column = Math.floor(i / rows);
          values[column * feed.dataset.count + sampleOf(i % rows)] = value;
        }
        choosesClass &&= part.decisions !== null;
        for (let row = 0; part.decisions && row < rows; row++) {
          const decision = part.decisions.subarray(row * DECISION_WIDTH, (row + 1) * DECISION_WIDTH);
          decisions.set(decision, sampleOf(row) * DECISION_WIDTH);
        }
        placed += rows;
      }
      if (givesUp?.(parts.flatMap((part) => [...part.values]))) break;
    }
    const seconds = { session: (opened - started) / 1000, evaluation: (clock() - opened) / 1000 };
    return { values, decisions: choosesClass ? decisions : null, samplesEvaluated: placed, seconds };
  } finally {
    await closeEverywhere(pool, id);
  }
}

/** Values of the samples of a feed out of those of the whole dataset; a composite's metric after metric, as they come. */
export function valuesIn(feed: Feed, { parts }: Metric, values: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const starts = Array.from({ length: parts?.length ?? 1 }, (_, part) => part * feed.dataset.count);
  return Float64Array.from(starts.flatMap((start) => feed.order.map((sample) => values[start + sample] as number)));
}

export async function openEverywhere(pool: SessionPool, id: string, model: Uint8Array): Promise<void> {
  await settled(pool.workers.map(async ({ api }) => void (await api.open(id, model, 'all'))));
}

export async function openReaders(pool: SessionPool, id: string, model: Uint8Array): Promise<void> {
  await settled(pool.workers.map(({ api }) => api.openReader(id, model)));
}

/** Closing is clean-up: a worker that died meanwhile holds nothing to close. */
export async function closeEverywhere(pool: SessionPool, id: string): Promise<void> {
  await Promise.allSettled(pool.workers.map(({ api }) => api.close(id)));
}
