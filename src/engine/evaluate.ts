import type { OptionValues } from '../base/options.ts';
import type { Clock } from '../base/clock.ts';
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
  readonly score: number;
  /** One value per sample, in the order of the data. */
  readonly values: Float64Array;
  readonly seconds: { readonly session: number; readonly evaluation: number };
}

/** Scores a model file on all samples, on all workers. The sessions are closed afterwards. */
export async function evaluateModel(
  setup: EvaluationSetup,
  id: string,
  model: Uint8Array,
  options: { keepReference?: boolean; onSamples?: (done: number) => void } = {},
): Promise<EvaluationOutcome> {
  const { pool, feed, metric, metricOptions, output, control, clock } = setup;
  const started = clock();
  await openEverywhere(pool, id, model);
  const opened = clock();
  let done = 0;
  try {
    const parts = await feed.each(
      pool,
      control,
      (worker, batch) =>
        worker.api.evaluate({
          session: id,
          batch,
          metric: { name: metric.name, options: metricOptions },
          output,
          keepReference: options.keepReference ?? false,
        }),
      (rows) => options.onSamples?.((done += rows)),
    );
    const values = Float64Array.from(parts.flatMap((part) => [...part]));
    return {
      score: metric.score(values),
      values,
      seconds: { session: (opened - started) / 1000, evaluation: (clock() - opened) / 1000 },
    };
  } finally {
    await closeEverywhere(pool, id);
  }
}

export async function openEverywhere(pool: SessionPool, id: string, model: Uint8Array): Promise<void> {
  await settled(pool.workers.map(async ({ api }) => void (await api.open(id, model, 'all'))));
}

/** Closing is clean-up: a worker that died meanwhile holds nothing to close. */
export async function closeEverywhere(pool: SessionPool, id: string): Promise<void> {
  await Promise.allSettled(pool.workers.map(({ api }) => api.close(id)));
}
