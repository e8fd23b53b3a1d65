import { allocate, elementCount, type Tensor } from '../base/tensor.ts';
import { shuffle, type Rng } from '../base/rng.ts';
import type { Batch, Dataset } from '../data/dataset.ts';
import { readSamples } from '../data/read-samples.ts';
import { checkpoint, type RunControl } from './control.ts';
import type { BatchRef, SessionPool, SessionWorker, StoredBatch } from './session-host-api.ts';

/** A batch is cut so that its inputs stay near this size, which keeps memory bounded and results independent of the machine. */
const TARGET_BATCH_BYTES = 2 ** 20;
const MAX_BATCH_ROWS = 64;

/** How samples are grouped: `fixedRows` where the model's batch dimension is fixed. */
export interface BatchPlan {
  readonly rows: number;
  readonly fixedRows: number | null;
}

/** Batches of a dataset on their way to the session workers; each batch always goes to the same worker, which keeps it. */
export class Feed {
  readonly dataset: Dataset;
  readonly plan: BatchPlan;
  readonly count: number;
  /** Number in the dataset of each sample, in the order in which they are fed. */
  readonly order: readonly number[];
  readonly #key: string;
  readonly #held = new Map<SessionWorker, { generation: number; batches: Set<number> }>();

  /** The first `samples` samples of `dataset`, or those of `order`; `key` tells its batches from those of other feeds. */
  constructor(key: string, dataset: Dataset, plan: BatchPlan, samples = dataset.count, order?: readonly number[]) {
    this.#key = key;
    this.dataset = dataset;
    this.plan = plan;
    this.count = Math.min(samples, dataset.count);
    this.order = order ?? Array.from({ length: this.count }, (_, i) => i);
  }

  /** The same samples in random order: then any part of them stands for all. */
  shuffled(rng: Rng): Feed {
    return new Feed(this.#key, this.dataset, this.plan, this.count, shuffle(this.order, rng));
  }

  /** The same samples in another order, as a feed of its own. */
  inOrder(name: string, order: readonly number[]): Feed {
    return new Feed(`${this.#key} ${name}`, this.dataset, this.plan, this.count, order);
  }

  /** The same samples in batches of at most `rows`, at least one; a model's fixed batch size stays. */
  withRows(rows: number): Feed {
    if (this.plan.fixedRows !== null || rows >= this.plan.rows) return this;
    return new Feed(this.#key, this.dataset, { rows: Math.max(1, rows), fixedRows: null }, this.count, this.order);
  }

  /** Lets the workers forget the batches they keep. */
  async release(pool: SessionPool): Promise<void> {
    this.#held.clear();
    await Promise.all(pool.workers.map(({ api }) => api.forget({ dataset: this.#key })));
  }

  get batches(): number {
    return Math.ceil(this.count / this.plan.rows);
  }

  rowsOf(index: number): number {
    return Math.min(this.plan.rows, this.count - index * this.plan.rows);
  }

  /** Runs `call` on `worker` with batch `index` in place there. */
  async on<T>(worker: SessionWorker, index: number, call: (ref: BatchRef) => Promise<T>): Promise<T> {
    const ref = { dataset: this.#key, index };
    const held = this.#held.get(worker);
    if (held?.generation === worker.generation && held.batches.has(index)) return call(ref);
    const keeps = await worker.api.store(ref, await this.#read(index));
    const batches = held?.generation === worker.generation ? held.batches : new Set<number>();
    this.#held.set(worker, { generation: worker.generation, batches });
    if (keeps) batches.add(index);
    try {
      return await call(ref);
    } finally {
      if (!keeps) await worker.api.forget(ref);
    }
  }

  /** Runs `call` for batches `from … to-1`, spread over the pool, and returns its results in batch order. */
  async each<T>(
    pool: SessionPool,
    control: RunControl,
    call: (worker: SessionWorker, ref: BatchRef) => Promise<T>,
    onRows: (rows: number) => void = () => undefined,
    { from = 0, to = this.batches }: { readonly from?: number; readonly to?: number } = {},
  ): Promise<T[]> {
    const results: T[] = [];
    const lanes = pool.workers.map(async (worker, lane) => {
      for (let index = from; index < Math.min(to, this.batches); index++) {
        if (index % pool.workers.length !== lane) continue;
        await checkpoint(control);
        results[index - from] = await this.on(worker, index, (ref) => call(worker, ref));
        onRows(this.rowsOf(index));
      }
    });
    await settled(lanes);
    return results;
  }

  async #read(index: number): Promise<StoredBatch> {
    const rows = this.rowsOf(index);
    const first = index * this.plan.rows;
    const samples = this.order.slice(first, first + rows);
    const batch = await readSamples(this.dataset, samples);
    const paddedRows = this.plan.fixedRows ?? rows;
    return {
      inputs: paddedRows === rows ? batch.inputs : padInputs(batch.inputs, paddedRows),
      ...(batch.labels ? { labels: batch.labels } : {}),
      samples,
      rows,
      paddedRows,
      minRows: this.plan.fixedRows ?? 1,
    };
  }
}

/** Batch rows from the model's batch dimension and the size of a sample: never from the machine. */
export function planBatches(batchDim: number | null, sampleBytes: number): BatchPlan {
  if (batchDim !== null) return { rows: batchDim, fixedRows: batchDim };
  const rows = Math.max(1, Math.min(MAX_BATCH_ROWS, Math.floor(TARGET_BATCH_BYTES / Math.max(1, sampleBytes))));
  return { rows, fixedRows: null };
}

/** Repeats the last row until a tensor has `rows` rows. */
function padInputs(inputs: Batch['inputs'], rows: number): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { type, dims, data }]) => {
      const [have = 1, ...rest] = dims;
      const row = elementCount(rest);
      const padded = allocate(type, rows * row);
      padded.set(data as never);
      for (let at = have; at < rows; at++) padded.set(data.subarray((have - 1) * row, have * row) as never, at * row);
      return [name, { type, dims: [rows, ...rest], data: padded }];
    }),
  );
}

/** Waits for all, then throws the first failure: no lane goes on unseen after another has failed. */
export async function settled(promises: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(promises);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}
