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
const EXPOSED_BYTES = 128 * 2 ** 20;
/** Assumed for a tensor whose size is unknown. */
const UNKNOWN_TENSOR_BYTES = 4 * 2 ** 20;

export type CalibratedRanges = Record<RangeMethod, Record<string, ActivationRange>>;

/**
 * Ranges of `tensors` by every method, from two passes over the samples: extremes, then histograms of fixed size on them.
 * Memory: the weights, one batch with at most 128 MiB of exposed tensors, and 16 KB per tensor.
 */
export async function calibrate(
  pool: SessionPool,
  model: PreparedModel,
  tensors: readonly string[],
  feed: Feed,
  control: RunControl,
  onProgress: (share: number) => void,
): Promise<CalibratedRanges> {
  const histograms = new Map<string, Histogram>();
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
  return allRanges(histograms);
}

/** Groups of tensors that may be exposed together. */
export function chunkTensors({ infos }: PreparedModel, tensors: readonly string[], rows: number): string[][] {
  const chunks: string[][] = [];
  let bytes = Infinity;
  for (const tensor of tensors) {
    const dims = infos.get(tensor)?.dims;
    const known = dims?.every((dim) => dim !== null);
    const size = known
      ? 4 * rows * dims.reduce((product: number, dim) => product * (dim ?? 1), 1)
      : UNKNOWN_TENSOR_BYTES * rows;
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
