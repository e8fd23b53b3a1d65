import { encodeModel } from '../onnx/encode.ts';
import { exposePart } from '../onnx/expose.ts';
import type { ModelStatistics } from '../history/session-record.ts';
import { channelAxis } from '../quantize/channel-axis.ts';
import { ChannelObserver } from '../quantize/channel-observer.ts';
import { TensorObserver } from '../quantize/observer.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { allRanges } from '../quantize/range-methods/registry.ts';
import { smoothableTensors } from '../quantize/recipes/smooth-quant.ts';
import type { TuningSpace } from '../tuning/types.ts';
import type { RunControl } from './control.ts';
import { closeEverywhere, openReaders } from './evaluate.ts';
import type { Feed } from './feed.ts';
import { settled } from './feed.ts';
import type { ObservedTensor, SessionPool } from './session-host-api.ts';

/** Exposed tensors stay alive until a run ends: batches have no more than this many bytes of them. */
const EXPOSED_BYTES = 32 * 2 ** 20;
/** Where a single sample has more, the model is run again for every so many bytes: inference costs more than counting. */
const MOST_EXPOSED_BYTES = 2 * EXPOSED_BYTES;
/** Assumed for a tensor whose size is unknown. */
const UNKNOWN_TENSOR_BYTES = 4 * 2 ** 20;

/** What to observe: ranges of some tensors, channels of these and of others. */
export interface CalibrationTargets {
  readonly ranges: readonly string[];
  readonly channels: readonly string[];
}

/** Channels of what SmoothQuant may work on are observed whether or not the ops that read it may be int8. */
export function calibrationTargets(
  model: PreparedModel,
  ranges: readonly string[],
  { smoothQuant }: TuningSpace,
): CalibrationTargets {
  return { ranges, channels: smoothQuant.length > 0 ? smoothableTensors(model).map(({ tensor }) => tensor) : [] };
}

/**
 * Ranges by every method and channel statistics, from one run of every sample. Memory: the weights, one batch with about
 * 32 MiB of exposed tensors per worker, and 64 KiB per tensor. Batches are as small as that takes; a model with more than 64 MiB in
 * a single sample is run once for every 64 MiB of tensors.
 */
export async function calibrate(
  pool: SessionPool,
  model: PreparedModel,
  targets: CalibrationTargets,
  samples: Feed,
  control: RunControl,
  onProgress: (share: number) => void,
): Promise<ModelStatistics> {
  const tensors = [...new Set([...targets.ranges, ...targets.channels])];
  const ranged = new Set(targets.ranges);
  const observers = { values: new Map<string, TensorObserver>(), channels: new Map<string, ChannelObserver>() };
  const feed = samples.withRows(rowsToExpose(model, tensors));
  const chunks = chunkTensors(model, tensors, feed.plan.rows);
  for (const [i, chunk] of chunks.entries()) {
    const session = `calibration-${i}`;
    const observed = chunk.map((name): ObservedTensor => ({
      name,
      histogram: ranged.has(name),
      channels: channelAxis(model.graph, name),
    }));
    await openReaders(pool, session, encodeModel(exposePart(model.graph, chunk)));
    try {
      let done = 0;
      await feed.each(
        pool,
        control,
        ({ api }, batch) => api.observe(session, batch, observed),
        (rows) => onProgress((i + (done += rows) / feed.count) / chunks.length),
      );
      await settled(
        pool.workers.map(async ({ api }) => {
          for (const { name, values, channels } of await api.collect(session)) {
            if (values) kept(observers.values, name, () => new TensorObserver()).add(values);
            if (channels) kept(observers.channels, name, () => new ChannelObserver()).add(channels);
          }
        }),
      );
    } finally {
      await closeEverywhere(pool, session);
    }
  }
  await feed.release(pool);
  const histograms = targets.ranges.map((name) => {
    return [name, kept(observers.values, name, () => new TensorObserver()).histogram()] as const;
  });
  const channels = [...observers.channels].map(([name, observer]) => [name, observer.statistics()] as const);
  return {
    ranges: allRanges(new Map(histograms)),
    loudest: Object.fromEntries(channels.map(([name, { loudest }]) => [name, [...loudest]])),
    means: Object.fromEntries(channels.map(([name, { mean }]) => [name, mean])),
  };
}

function kept<T>(map: Map<string, T>, key: string, make: () => T): T {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

/** Samples per run at which the tensors together stay near 32 MiB; 0 where one sample takes more. */
export function rowsToExpose(model: PreparedModel, tensors: readonly string[]): number {
  return Math.floor(EXPOSED_BYTES / bytesPerSample(model, tensors));
}

/** What the tensors take together; those of unknown size are taken to have 4 MiB. */
export function bytesPerSample(model: PreparedModel, tensors: readonly string[]): number {
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
    if (bytes + size > MOST_EXPOSED_BYTES) {
      chunks.push([]);
      bytes = 0;
    }
    chunks[chunks.length - 1]?.push(tensor);
    bytes += size;
  }
  return chunks;
}
