import type { Graph } from '../onnx/graph.ts';
import { encodeModel } from '../onnx/encode.ts';
import { exposeTensors } from '../onnx/expose.ts';
import type { RangeMethod, ActivationRange } from '../quantize/config.ts';
import { emptyHistogram, type Histogram } from '../quantize/observer.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { allRanges } from '../quantize/range-methods/registry.ts';
import type { RunControl } from './control.ts';
import { closeEverywhere, openEverywhere } from './evaluate.ts';
import type { Feed } from './feed.ts';
import { settled } from './feed.ts';
import type { Extreme, SessionPool } from './session-host-api.ts';

/** Exposed tensors stay alive until a run ends: no more than this many bytes of them per run. */
const EXPOSED_BYTES = 32 * 2 ** 20;
/** Assumed for a tensor whose size is unknown. */
const UNKNOWN_TENSOR_BYTES = 4 * 2 ** 20;

export type CalibratedRanges = Record<RangeMethod, Record<string, ActivationRange>>;

/**
 * Ranges of `tensors` by every method, from two passes over the samples: extremes, then histograms of fixed size on them.
 * Memory: the weights, one batch with about 32 MiB of exposed tensors per worker, and 16 KB per tensor. Batches are as
 * small as that takes; a model with more in a single sample is run once for every 32 MiB of tensors.
 */
export async function calibrate(
  pool: SessionPool,
  model: PreparedModel,
  tensors: readonly string[],
  samples: Feed,
  control: RunControl,
  onProgress: (share: number) => void,
): Promise<CalibratedRanges> {
  const histograms = new Map<string, Histogram>();
  const feed = samples.withRows(Math.floor(EXPOSED_BYTES / sampleBytes(model, tensors)));
  const chunks = chunkTensors(model, tensors, feed.plan.rows);
  for (const [i, chunk] of chunks.entries()) {
    const session = `calibration-${i}`;
    await openEverywhere(pool, session, encodeModel(exposeTensors(model.graph as Graph, chunk)));
    try {
      let done = 0;
      const advance = (rows: number): void => onProgress((i + (done += rows) / (2 * feed.count)) / chunks.length);
      const extremes = await feed.each(
        pool,
        control,
        ({ api }, batch) => api.observeExtremes(session, batch, chunk),
        advance,
      );
      const ranges = chunk.map((_, at) => widest(extremes.map((row) => row[at] as Extreme)));
      await feed.each(pool, control, ({ api }, batch) => api.observeHistograms(session, batch, chunk, ranges), advance);
      chunk.forEach((tensor, at) => {
        const { min, max } = ranges[at] as Extreme;
        histograms.set(tensor, emptyHistogram(min, max));
      });
      await settled(pool.workers.map(async ({ api }) => addCounts(histograms, await api.collectHistograms())));
    } finally {
      await closeEverywhere(pool, session);
    }
  }
  await feed.release(pool);
  return allRanges(histograms);
}

/** Bytes of the tensors for one sample. */
function sampleBytes(model: PreparedModel, tensors: readonly string[]): number {
  return tensors.reduce((sum, tensor) => sum + tensorBytes(model, tensor), 0);
}

function tensorBytes({ infos }: PreparedModel, tensor: string): number {
  const dims = infos.get(tensor)?.dims;
  if (!dims || dims.includes(null)) return UNKNOWN_TENSOR_BYTES;
  return 4 * dims.reduce((product: number, dim) => product * (dim ?? 1), 1);
}

/** Groups of tensors that may be exposed together. */
export function chunkTensors(model: PreparedModel, tensors: readonly string[], rows: number): string[][] {
  const chunks: string[][] = [];
  let bytes = Infinity;
  for (const tensor of tensors) {
    const size = rows * tensorBytes(model, tensor);
    if (bytes + size > EXPOSED_BYTES) {
      chunks.push([]);
      bytes = 0;
    }
    chunks[chunks.length - 1]?.push(tensor);
    bytes += size;
  }
  return chunks;
}

function widest(extremes: readonly Extreme[]): Extreme {
  return {
    min: Math.min(...extremes.map(({ min }) => min)),
    max: Math.max(...extremes.map(({ max }) => max)),
  };
}

function addCounts(
  histograms: Map<string, Histogram>,
  bins: readonly { tensor: string; counts: Float64Array }[],
): void {
  for (const { tensor, counts } of bins) {
    const sum = histograms.get(tensor)?.counts;
    counts.forEach((count, bin) => sum && (sum[bin] = (sum[bin] as number) + count));
  }
}
