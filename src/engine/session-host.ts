import type { Clock } from '../base/clock.ts';
import { Fault } from '../base/fault.ts';
import { sliceRows, type Tensor } from '../base/tensor.ts';
import { decisionsOf } from '../metrics/decisions.ts';
import { METRICS } from '../metrics/registry.ts';
import { channelsAlong } from '../quantize/channel-axis.ts';
import { ChannelObserver } from '../quantize/channel-observer.ts';
import { TensorObserver } from '../quantize/observer.ts';
import type { ProviderDevice } from '../base/provider.ts';
import { openOutputReader, type OutputReader } from '../runtime/output-reader.ts';
import { createSession, type ModelSession, type OrtModule } from '../runtime/session.ts';
import type {
  BatchRef,
  CompareRequest,
  EvaluatedBatch,
  EvaluateRequest,
  ModelProfile,
  Observation,
  ObservedTensor,
  ProfileRequest,
  SessionHostApi,
  SessionInfo,
  StoredBatch,
  TensorDifference,
} from './session-host-api.ts';
import { settledTimes } from './settled.ts';
import { tensorDifference } from './tensor-difference.ts';

/** Fewer pairs of runs than this say little about a few per cent. */
const MIN_TURNS = 15;
/** Profiled runs: fewer say little. */
const MIN_PROFILED = 8;
/** Batches are kept for later trials up to this many bytes per worker; beyond, they are sent again. */
const BATCH_CACHE_BYTES = 256 * 2 ** 20;

/**
 * The part of the engine that lives in a session worker: holds sessions and data, runs them, and reduces outputs to
 * per-sample values, extremes and histograms, so that tensors never travel back.
 */
export class SessionHost implements SessionHostApi {
  readonly #ort: OrtModule;
  readonly #clock: Clock;
  readonly #sessions = new Map<string, ModelSession>();
  readonly #readers = new Map<string, OutputReader>();
  readonly #batches = new Map<string, StoredBatch>();
  readonly #references = new Map<string, Tensor[]>();
  /** By session: tensors of its batches, for `compare`. */
  readonly #kept = new Map<string, Map<string, Record<string, Tensor>>>();
  /** By session and tensor. */
  readonly #observers = new Map<string, Map<string, Observers>>();
  #cachedBytes = 0;

  constructor(ort: OrtModule, clock: Clock) {
    this.#ort = ort;
    this.#clock = clock;
  }

  device(): Promise<ProviderDevice> {
    return this.#ort.device();
  }

  async open(id: string, model: Uint8Array, optimization: 'all' | 'basic' | 'disabled'): Promise<SessionInfo> {
    await this.close(id);
    const session = await createSession(this.#ort, model, { optimization });
    this.#sessions.set(id, session);
    return { inputs: session.inputs, outputs: session.outputs };
  }

  async openReader(id: string, model: Uint8Array): Promise<void> {
    await this.close(id);
    this.#readers.set(id, await openOutputReader(this.#ort, model));
  }

  async close(id: string): Promise<void> {
    const session = this.#sessions.get(id) ?? this.#readers.get(id);
    this.#sessions.delete(id);
    this.#readers.delete(id);
    this.#kept.delete(id);
    this.#observers.delete(id);
    await session?.release();
  }

  async evaluate({ session, batch, metrics, output, keepReference }: EvaluateRequest): Promise<EvaluatedBatch> {
    const stored = this.#batch(batch);
    const outputs = [await this.#runRows(session, stored, output)];
    const key = batchKey(batch);
    if (keepReference) this.#references.set(key, outputs);
    const measured = { outputs, samples: stored.samples, ...(stored.labels ? { labels: stored.labels } : {}) };
    const values = metrics.map(({ name, options }) => {
      const rule = METRICS.get(name);
      if (!rule) throw new Fault('internal', { message: `No metric is called ${name}` });
      const reference = rule.compares(options) === 'reference' ? this.#references.get(key) : undefined;
      return rule.measure({ ...measured, ...(reference ? { reference } : {}) }, options);
    });
    const [only] = values;
    return {
      values: only && values.length === 1 ? only : Float64Array.from(values.flatMap((each) => [...each])),
      decisions: decisionsOf(measured),
    };
  }

  /** The model's output for one batch, for parity checks. */
  async run(session: string, batch: BatchRef, output: string): Promise<Tensor> {
    return this.#runRows(session, this.#batch(batch), output);
  }

  /** Differences of each tensor between two models over one batch. */
  async compare({ reference, session, batch, tensors, keepReference }: CompareRequest): Promise<TensorDifference[]> {
    const { inputs } = this.#batch(batch);
    const kept = this.#kept.get(reference) ?? new Map<string, Record<string, Tensor>>();
    const expected = kept.get(batchKey(batch)) ?? (await this.#session(reference).run(inputs, tensors));
    if (keepReference) this.#kept.set(reference, kept.set(batchKey(batch), expected));
    const found = await this.#session(session).run(inputs, tensors);
    return tensors.map((name) => tensorDifference(expected[name] as Tensor, found[name] as Tensor));
  }

  async observe(session: string, batch: BatchRef, tensors: readonly ObservedTensor[]): Promise<void> {
    const stored = this.#batch(batch);
    const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    const observers = this.#observers.get(session) ?? new Map<string, Observers>();
    this.#observers.set(session, observers);
    await opened(this.#readers, session).run(stored.inputs, [...byName.keys()], (name, output) => {
      const tensor = byName.get(name) as ObservedTensor;
      const own = observers.get(name) ?? observersOf(tensor);
      observers.set(name, own);
      observeTensor(own, tensor, output, stored);
    });
  }

  async collect(session: string): Promise<Observation[]> {
    const observers = this.#observers.get(session) ?? new Map<string, Observers>();
    this.#observers.delete(session);
    return [...observers].map(([name, { values, channels }]) => ({
      name,
      values: values?.observed ?? null,
      channels: channels?.observed ?? null,
    }));
  }

  /** Runs the sessions in turns, forwards and backwards, on the first sample of a batch; milliseconds of each run, per session. */
  async time(sessions: readonly string[], batch: BatchRef, budgetMs: number): Promise<Float64Array[]> {
    const feeds = firstSample(this.#batch(batch));
    const started = this.#clock();
    const times: number[][] = sessions.map(() => []);
    const turn = async (record: boolean, backwards: boolean): Promise<void> => {
      const order = [...sessions.entries()];
      for (const [i, id] of backwards ? order.reverse() : order) {
        const session = this.#session(id);
        const before = this.#clock();
        await session.run(feeds);
        if (record) times[i]?.push(this.#clock() - before);
      }
    };
    // V8 compiles the hot kernels while they run: the first third of the time only warms up.
    for (let turns = 0; turns < 3 || this.#clock() - started < budgetMs / 3; turns++)
      await turn(false, turns % 2 === 1);
    for (let turns = 0; turns < MIN_TURNS || this.#clock() - started < budgetMs; turns++)
      await turn(true, turns % 2 === 1);
    return times.map((values) => Float64Array.from(values));
  }

  /** Times of a run and of its kernels, of models that run in turns on the first sample of a batch, once they are warm. */
  async profile({ models, batch, budgetMs, maxRuns }: ProfileRequest): Promise<ModelProfile[]> {
    const feeds = firstSample(this.#batch(batch));
    const sessions: ModelSession[] = [];
    const open = async (profile: boolean): Promise<void> => {
      for (const session of sessions.splice(0)) await session.release();
      for (const model of models)
        sessions.push(await createSession(this.#ort, model, { optimization: 'all', profile }));
    };
    const runs = async (ms: number, least: number, most: number): Promise<number[][]> => {
      const times: number[][] = sessions.map(() => []);
      const started = this.#clock();
      for (let turns = 0; turns < least || (turns < most && this.#clock() - started < ms); turns++) {
        for (const [i, session] of sessions.entries()) {
          const before = this.#clock();
          await session.run(feeds);
          times[i]?.push(this.#clock() - before);
        }
      }
      return times;
    };
    try {
      await open(false);
      const runMs = await settledTimes(() => runs(budgetMs / 4, MIN_PROFILED, Infinity));
      await open(true);
      await runs(budgetMs / 2, MIN_PROFILED + 1, maxRuns);
      return sessions.map((session, i) => ({ runMs: runMs[i] as number, kernels: session.endProfile(1) }));
    } finally {
      for (const session of sessions) await session.release();
    }
  }

  /** Keeps a batch for later calls; false where the cache is full: it must then come with every call. */
  async store(batch: BatchRef, data: StoredBatch): Promise<boolean> {
    const bytes = batchBytes(data);
    this.#batches.set(batchKey(batch), data);
    this.#cachedBytes += bytes;
    return this.#cachedBytes <= BATCH_CACHE_BYTES;
  }

  /** Drops one batch, or everything of a dataset. */
  async forget({ dataset, index }: { dataset: string; index?: number }): Promise<void> {
    for (const [key, data] of this.#batches) {
      if (index === undefined ? key.startsWith(`${dataset}/`) : key === `${dataset}/${index}`) {
        this.#batches.delete(key);
        this.#cachedBytes -= batchBytes(data);
      }
    }
  }

  #session(id: string): ModelSession {
    return opened(this.#sessions, id);
  }

  #batch(ref: BatchRef): StoredBatch {
    const stored = this.#batches.get(batchKey(ref));
    if (!stored) throw new Fault('internal', { message: `Batch ${batchKey(ref)} is not in this worker` });
    return stored;
  }

  async #runRows(session: string, { inputs, rows, paddedRows }: StoredBatch, output: string): Promise<Tensor> {
    const result = (await this.#session(session).run(inputs, [output]))[output] as Tensor;
    return rows === paddedRows ? result : sliceRows(result, 0, rows);
  }
}

function opened<T>(sessions: ReadonlyMap<string, T>, id: string): T {
  const session = sessions.get(id);
  if (!session) throw new Fault('internal', { message: `Session ${id} is not open in this worker` });
  return session;
}

function batchKey({ dataset, index }: Pick<BatchRef, 'dataset' | 'index'>): string {
  return `${dataset}/${index}`;
}

function batchBytes({ inputs, labels }: StoredBatch): number {
  const all = [...Object.values(inputs), ...(labels ? [labels] : [])];
  return all.reduce((sum, { data }) => sum + data.byteLength, 0);
}

function firstSample({ inputs, minRows }: StoredBatch): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, sliceRows(tensor, 0, minRows)]));
}

interface Observers {
  readonly values: TensorObserver | null;
  readonly channels: ChannelObserver | null;
}

function observersOf({ histogram, channels }: ObservedTensor): Observers {
  return {
    values: histogram ? new TensorObserver() : null,
    channels: channels === null ? null : new ChannelObserver(),
  };
}

/** Rows that only fill a fixed batch up are left out where the tensor still has rows. */
function observeTensor(
  { values, channels: perChannel }: Observers,
  { name, channels: axis }: ObservedTensor,
  tensor: Tensor,
  { rows, paddedRows, samples }: StoredBatch,
): void {
  const data = floatData(tensor, name);
  const { dims } = tensor;
  const hasRows = dims[0] === paddedRows;
  const rowLength = data.length / (hasRows ? paddedRows : 1);
  const counted = hasRows ? data.subarray(0, rows * rowLength) : data;
  const at = values?.observe(counted) ?? -1;
  if (at >= 0) throw notFinite(name, samples[Math.floor((at / data.length) * paddedRows)]);
  if (axis === null) return;
  const { channels, stride } = channelsAlong(dims, axis);
  for (let start = 0; start < counted.length; start += rowLength) {
    perChannel?.observe(counted.subarray(start, start + rowLength), channels, stride);
  }
}

function floatData({ type, data }: Tensor, name: string): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new Fault('internal', { message: `Tensor ${name} is of type ${type}, not float32` });
}

function notFinite(tensor: string, sample: number | undefined): Fault {
  return new Fault('activation-not-finite', {
    message: 'An activation of the float model is NaN or infinite',
    place: `tensor ${tensor}, calibration sample ${sample ?? 'unknown'}`,
    next: 'Check this sample and its preprocessing; the float model itself fails on it.',
  });
}
