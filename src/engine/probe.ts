import { Fault } from '../base/fault.ts';
import type { SessionStore, StoredProbe } from '../history/session-record.ts';
import { decodeModel } from '../onnx/decode.ts';
import { encodeModel } from '../onnx/encode.ts';
import { exposeTensors } from '../onnx/expose.ts';
import { Graph } from '../onnx/graph.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { selectOps, writtenTensors } from '../quantize/rewrite/select.ts';
import { configHash } from '../tuning/canonical.ts';
import { ENDS_RUN } from '../tuning/run-trial.ts';
import type { Probes, TuneConfig } from '../tuning/types.ts';
import { chunkTensors } from './calibrate.ts';
import { closeEverywhere, openEverywhere, type EvaluationSetup } from './evaluate.ts';
import type { TuneEvent } from './events.ts';
import type { Feed } from './feed.ts';
import { progressReporter } from './progress.ts';
import { retryDeadWorker } from './retry.ts';
import type { TensorDifference } from './session-host-api.ts';

export interface ProbeParts {
  readonly model: PreparedModel;
  /** The float model that a config quantizes: smoothed where it asks for that, with the same outputs. */
  readonly sourceOf: (config: TuneConfig) => Promise<PreparedModel>;
  readonly setup: Pick<EvaluationSetup, 'pool' | 'output' | 'control' | 'clock'>;
  readonly feedOf: (samples: number) => Feed;
  /** The int8 model of a config. */
  readonly build: (config: TuneConfig) => Promise<Uint8Array>;
  readonly store: Pick<SessionStore, 'saveProbe'>;
  /** What the session has probed before. */
  readonly stored: Readonly<Record<string, StoredProbe>>;
  readonly emit: (event: TuneEvent) => void;
}

type Found = Pick<StoredProbe, 'errors' | 'divergence'>;
type Measure = (int8: Uint8Array, feed: Feed, advance: (rows: number) => void) => Promise<Found>;

const FLOAT_SESSION = 'probe-float';
const INT8_SESSION = 'probe-int8';

/** Compares the models of configs with the float model in the session workers, so that no tensor travels; stores each result. */
export class ModelProbes implements Probes {
  readonly #parts: ProbeParts;
  readonly #known: Map<string, StoredProbe>;
  readonly #feeds = new Map<number, Feed>();
  /** Generations of the workers in which the float model is open; its outputs are kept there. */
  #floatOpenIn: readonly number[] = [];
  #report: ((share: number) => void) | undefined;

  constructor(parts: ProbeParts) {
    this.#parts = parts;
    this.#known = new Map(Object.entries(parts.stored));
  }

  async output(config: TuneConfig, samples: number): Promise<number> {
    return (await this.#output(config, samples)).errors[this.#parts.setup.output] ?? Infinity;
  }

  async divergence(config: TuneConfig, samples: number): Promise<number> {
    const { divergence, errors } = await this.#output(config, samples);
    return divergence ?? errors[this.#parts.setup.output] ?? Infinity;
  }

  /** What `divergence` gives for a config: a KL divergence, or where the output has no classes the relative error. */
  async measureOf(config: TuneConfig, samples: number): Promise<'kl' | 'mse'> {
    return (await this.#output(config, samples)).divergence === undefined ? 'mse' : 'kl';
  }

  /** Tells `report` the share that is done of each probe in `act`, in place of events. */
  async reporting<T>(report: (share: number) => void, act: () => Promise<T>): Promise<T> {
    this.#report = report;
    try {
      return await act();
    } finally {
      this.#report = undefined;
    }
  }

  #output(config: TuneConfig, samples: number): Promise<Found> {
    return this.#found('output', config, samples, (int8, feed, advance) => this.#outputError(int8, feed, advance));
  }

  async ops(config: TuneConfig, samples: number): Promise<ReadonlyMap<string, number>> {
    const { errors } = await this.#found('ops', config, samples, (int8, feed, advance) =>
      this.#opErrors(config, int8, feed, advance),
    );
    return new Map(Object.entries(errors));
  }

  /** Closes the float model. */
  async close(): Promise<void> {
    if (this.#floatOpenIn.length > 0) await closeEverywhere(this.#parts.setup.pool, FLOAT_SESSION);
    this.#floatOpenIn = [];
  }

  /** A model that does not run has no errors; faults that end a run pass. */
  async #found(kind: string, config: TuneConfig, samples: number, measure: Measure): Promise<Found> {
    const { setup, feedOf, build, store, emit } = this.#parts;
    const key = `${kind} ${samples} ${await configHash(config)}`;
    const known = this.#known.get(key);
    if (known) return known;
    const feed = this.#feeds.get(samples) ?? feedOf(samples);
    this.#feeds.set(samples, feed);
    const detail = `Comparing with the float model: ${feed.count} samples`;
    const report = this.#report ?? progressReporter(setup.clock, emit, 'tuning', detail);
    const started = setup.clock();
    let found: Found = { errors: {} };
    try {
      const int8 = await build(config);
      found = await retryDeadWorker(() => {
        let done = 0;
        return measure(int8, feed, (rows) => report((done += rows) / feed.count));
      });
    } catch (thrown) {
      const fault = Fault.from(thrown);
      if (ENDS_RUN.includes(fault.code)) throw fault;
    }
    const probe = { ...found, samplesEvaluated: feed.count, seconds: (setup.clock() - started) / 1000 };
    this.#known.set(key, probe);
    await store.saveProbe(key, probe);
    return probe;
  }

  async #outputError(int8: Uint8Array, feed: Feed, advance: (rows: number) => void): Promise<Found> {
    const { model, setup } = this.#parts;
    const generations = (): number[] => setup.pool.workers.map(({ generation }) => generation);
    if (generations().join() !== this.#floatOpenIn.join()) {
      await openEverywhere(setup.pool, FLOAT_SESSION, encodeModel(model.graph.model));
      this.#floatOpenIn = generations();
    }
    await openEverywhere(setup.pool, INT8_SESSION, int8);
    try {
      const [batches] = await this.#compare([setup.output], feed, true, advance);
      return { errors: { [setup.output]: relativeError(batches ?? []) }, ...divergenceOf(batches ?? []) };
    } finally {
      await closeEverywhere(setup.pool, INT8_SESSION);
    }
  }

  async #opErrors(config: TuneConfig, int8: Uint8Array, feed: Feed, advance: (rows: number) => void): Promise<Found> {
    const { sourceOf, setup } = this.#parts;
    const model = await sourceOf(config);
    const graph = new Graph(decodeModel(int8));
    const tensorOf = writtenByOp(model, config, graph);
    const chunks = chunkTensors(model, [...new Set(tensorOf.values())], feed.plan.rows);
    const errors: Record<string, number> = {};
    await this.close();
    for (const chunk of chunks) {
      await openEverywhere(setup.pool, FLOAT_SESSION, encodeModel(exposeTensors(model.graph, chunk)));
      await openEverywhere(setup.pool, INT8_SESSION, encodeModel(exposeTensors(graph, chunk)));
      try {
        const differences = await this.#compare(chunk, feed, false, (rows) => advance(rows / chunks.length));
        chunk.forEach((tensor, i) => (errors[tensor] = relativeError(differences[i] ?? [])));
      } finally {
        await closeEverywhere(setup.pool, INT8_SESSION);
        await closeEverywhere(setup.pool, FLOAT_SESSION);
      }
    }
    const byOp = [...tensorOf].map(([op, tensor]) => [op, errors[tensor] ?? Number.MAX_VALUE] as const);
    return { errors: Object.fromEntries(byOp) };
  }

  async #compare(
    tensors: readonly string[],
    feed: Feed,
    keepReference: boolean,
    advance: (rows: number) => void,
  ): Promise<TensorDifference[][]> {
    const { pool, control } = this.#parts.setup;
    const request = { reference: FLOAT_SESSION, session: INT8_SESSION, tensors, keepReference };
    const batches = await feed.each(pool, control, ({ api }, batch) => api.compare({ ...request, batch }), advance);
    return tensors.map((_, i) => batches.flatMap((batch) => batch[i] ?? []));
  }
}

/** The tensor of each int8 op that bears the same name in both models; an absorbed activation counts as part of its op. */
function writtenByOp(model: PreparedModel, config: TuneConfig, int8: Graph): Map<string, string> {
  const tensors = new Map<string, string>();
  for (const [node, op] of selectOps(model, config)) {
    const [tensor] = writtenTensors(model, op);
    if (tensor !== undefined && int8.producer(tensor)) tensors.set(node.name ?? '', tensor);
  }
  return tensors;
}

/** Mean squared difference over the squared range of the reference; finite, so that it can be stored as JSON. */
function relativeError(batches: readonly TensorDifference[]): number {
  let [squaredError, min, max, count] = [0, Infinity, -Infinity, 0];
  for (const batch of batches) {
    squaredError += batch.squaredError;
    count += batch.count;
    min = Math.min(min, batch.min);
    max = Math.max(max, batch.max);
  }
  const error = squaredError / count / ((max - min) ** 2 || 1);
  return Number.isFinite(error) ? error : Number.MAX_VALUE;
}

/** Nothing where the tensor has no classes; finite, as above. */
function divergenceOf(batches: readonly TensorDifference[]): Pick<StoredProbe, 'divergence'> {
  const rows = batches.reduce((sum, batch) => sum + batch.rows, 0);
  if (rows === 0) return {};
  const divergence = batches.reduce((sum, batch) => sum + batch.divergence, 0) / rows;
  return { divergence: Number.isFinite(divergence) ? divergence : Number.MAX_VALUE };
}
