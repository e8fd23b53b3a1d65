import type { Clock } from '../base/clock.ts';
import { encodeModel } from '../onnx/encode.ts';
import { exposePart } from '../onnx/expose.ts';
import { channelAxis } from '../quantize/channel-axis.ts';
import { ChannelObserver } from '../quantize/channel-observer.ts';
import { TensorObserver, type Histogram } from '../quantize/observer.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { rowsToExpose } from './calibrate.ts';
import type { RunControl } from './control.ts';
import { closeEverywhere, openReaders } from './evaluate.ts';
import { settled, type Feed } from './feed.ts';
import type { SessionPool } from './session-host-api.ts';

const SESSION = 'observed-tensors';
/** Samples per batch, so that every worker has its share of a few dozen. */
const ROWS = 8;

export interface Observed {
  /** Samples that were run. */
  readonly samples: number;
  readonly histograms: ReadonlyMap<string, Histogram>;
  /** Largest |x| by channel, of tensors that a weight multiplies. */
  readonly loudest: ReadonlyMap<string, Float32Array>;
}

/**
 * Histograms of a few tensors, from that part of the model that they depend on. Stops after the round of batches in which
 * `budgetMs` ran out. Throws `activation-not-finite`.
 */
export async function observeTensors(
  { pool, control, clock }: { readonly pool: SessionPool; readonly control: RunControl; readonly clock: Clock },
  model: PreparedModel,
  tensors: readonly string[],
  samples: Feed,
  budgetMs: number,
): Promise<Observed> {
  if (tensors.length === 0) return { samples: 0, histograms: new Map(), loudest: new Map() };
  const feed = samples.withRows(Math.min(ROWS, rowsToExpose(model, tensors)));
  const observed = tensors.map((name) => ({ name, histogram: true, channels: channelAxis(model.graph, name) }));
  const values = new Map(tensors.map((name) => [name, new TensorObserver()]));
  const channels = new Map(tensors.map((name) => [name, new ChannelObserver()]));
  await openReaders(pool, SESSION, encodeModel(exposePart(model.graph, tensors)));
  let done = 0;
  try {
    const started = clock();
    const round = pool.workers.length;
    for (let from = 0; from < feed.batches && (from === 0 || clock() - started < budgetMs); from += round) {
      await feed.each(
        pool,
        control,
        ({ api }, batch) => api.observe(SESSION, batch, observed),
        (rows) => (done += rows),
        { from, to: from + round },
      );
    }
    await settled(
      pool.workers.map(async ({ api }) => {
        for (const seen of await api.collect(SESSION)) {
          if (seen.values) values.get(seen.name)?.add(seen.values);
          if (seen.channels) channels.get(seen.name)?.add(seen.channels);
        }
      }),
    );
  } finally {
    await closeEverywhere(pool, SESSION);
    await feed.release(pool);
  }
  return {
    samples: done,
    histograms: new Map([...values].map(([name, observer]) => [name, observer.histogram()])),
    loudest: new Map([...channels].map(([name, observer]) => [name, observer.statistics().loudest])),
  };
}
