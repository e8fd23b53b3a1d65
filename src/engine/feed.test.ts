import { describe, expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import { Fault } from '../base/fault.ts';
import type { Dataset } from '../data/dataset.ts';
import { ManualControl } from './control.ts';
import { Feed, planBatches } from './feed.ts';
import { retryDeadWorker } from './retry.ts';
import type { BatchRef, SessionHostApi, SessionPool, SessionWorker, StoredBatch } from './session-host-api.ts';

/** Samples 0, 1, 2 … as the only input `x`. */
function counting(count: number): Dataset {
  return {
    name: 'counting',
    count,
    hasLabels: false,
    warnings: [],
    read: (start, rows) =>
      Promise.resolve({
        inputs: {
          x: { type: 'float32', dims: [rows, 1], data: Float32Array.from({ length: rows }, (_, i) => start + i) },
        },
      }),
    sha256: () => Promise.resolve('hash'),
  };
}

/** The border of a session worker: keeps what it is sent until it dies. */
class WorkerDouble implements SessionWorker {
  generation = 1;
  readonly stored = new Map<number, StoredBatch>();
  deliveries = 0;
  readonly keeps: boolean;

  constructor(keeps = true) {
    this.keeps = keeps;
  }

  readonly api = {
    store: ({ index }: BatchRef, batch: StoredBatch) => {
      this.stored.set(index, batch);
      this.deliveries++;
      return Promise.resolve(this.keeps);
    },
    forget: ({ index }: { index?: number }) => {
      if (index === undefined) this.stored.clear();
      else this.stored.delete(index);
      return Promise.resolve();
    },
  } as unknown as SessionHostApi;

  die(): void {
    this.stored.clear();
    this.generation++;
  }

  values = (ref: BatchRef): number[] => [...(this.stored.get(ref.index)?.inputs['x']?.data as Float32Array)];
}

function poolOf(...workers: WorkerDouble[]): SessionPool {
  return { workers, terminate: () => undefined };
}

const readAll = (feed: Feed, pool: SessionPool): Promise<number[][]> =>
  feed.each(pool, new ManualControl(), (worker, ref) => Promise.resolve((worker as WorkerDouble).values(ref)));

describe('Feed', () => {
  it('spreads batches over the workers and returns results in order', async () => {
    const pool = poolOf(new WorkerDouble(), new WorkerDouble());
    const feed = new Feed('f', counting(7), { rows: 2, fixedRows: null });
    expect(await readAll(feed, pool)).toEqual([[0, 1], [2, 3], [4, 5], [6]]);
    expect(pool.workers.map((worker) => [...(worker as WorkerDouble).stored.keys()])).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });

  it('feeds the same samples in random order, which the seed decides', async () => {
    const feed = new Feed('f', counting(7), { rows: 2, fixedRows: null });
    const orders = [1, 1, 2].map((seed) => feed.shuffled(createRng(seed)));
    const [first, again, other] = await Promise.all(
      orders.map(async (each) => (await readAll(each, poolOf(new WorkerDouble()))).flat()),
    );
    expect(first).toEqual(again);
    expect(first).toEqual(orders[0]?.order);
    expect(first).not.toEqual(other);
    expect(first?.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('runs a part of the batches on the workers that hold them', async () => {
    const pool = poolOf(new WorkerDouble(), new WorkerDouble());
    const feed = new Feed('f', counting(7), { rows: 2, fixedRows: null });
    const values = (range: { from?: number; to?: number }): Promise<number[][]> =>
      feed.each(
        pool,
        new ManualControl(),
        (worker, ref) => Promise.resolve((worker as WorkerDouble).values(ref)),
        () => undefined,
        range,
      );
    expect(await values({ from: 1, to: 3 })).toEqual([
      [2, 3],
      [4, 5],
    ]);
    expect(await values({ from: 3 })).toEqual([[6]]);
    await readAll(feed, pool);
    expect(pool.workers.map((worker) => (worker as WorkerDouble).deliveries)).toEqual([2, 2]);
  });

  it('sends a batch once, and again to a worker that was started anew', async () => {
    const worker = new WorkerDouble();
    const feed = new Feed('f', counting(4), { rows: 2, fixedRows: null });
    await readAll(feed, poolOf(worker));
    await readAll(feed, poolOf(worker));
    expect(worker.deliveries).toBe(2);
    worker.die();
    expect(await readAll(feed, poolOf(worker))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(worker.deliveries).toBe(4);
  });

  it('takes a batch back from a worker whose memory is full', async () => {
    const worker = new WorkerDouble(false);
    const feed = new Feed('f', counting(4), { rows: 2, fixedRows: null });
    expect(await readAll(feed, poolOf(worker))).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(worker.stored.size).toBe(0);
  });

  it('fills up the last batch of a model with a fixed batch size', async () => {
    const worker = new WorkerDouble();
    await readAll(new Feed('f', counting(5), planBatches(4, 4)), poolOf(worker));
    expect(worker.stored.get(1)).toMatchObject({ rows: 1, paddedRows: 4, minRows: 4 });
    expect(worker.values({ dataset: 'f', index: 1 })).toEqual([4, 4, 4, 4]);
  });

  it('stops between batches, and not before a pause has ended', async () => {
    const control = new ManualControl();
    const seen: number[] = [];
    control.pause();
    const run = new Feed('f', counting(3), { rows: 1, fixedRows: null }).each(
      poolOf(new WorkerDouble()),
      control,
      (_, ref) => {
        seen.push(ref.index);
        if (ref.index === 1) control.stop();
        return Promise.resolve();
      },
    );
    await Promise.resolve();
    expect(seen).toEqual([]);
    control.resume();
    await expect(run).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen).toEqual([0, 1]);
  });
});

describe('planBatches', () => {
  it('depends on the sample only', () => {
    expect(planBatches(null, 4).rows).toBe(64);
    expect(planBatches(null, 3 * 48 * 320 * 4).rows).toBe(5);
    expect(planBatches(null, 1e9).rows).toBe(1);
    expect(planBatches(8, 4)).toEqual({ rows: 8, fixedRows: 8 });
  });
});

describe('retryDeadWorker', () => {
  const died = new Fault('worker-died', { message: 'gone' });

  it('runs a step again when a worker died, three times at most', async () => {
    let runs = 0;
    await expect(retryDeadWorker(() => (++runs < 3 ? Promise.reject(died) : Promise.resolve(runs)))).resolves.toBe(3);
    await expect(retryDeadWorker(() => Promise.reject(died))).rejects.toBe(died);
  });

  it('lets other faults through at once', async () => {
    let runs = 0;
    const other = new Fault('internal', { message: 'no' });
    await expect(retryDeadWorker(() => (runs++, Promise.reject(other)))).rejects.toBe(other);
    expect(runs).toBe(1);
  });
});
