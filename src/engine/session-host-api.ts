import type { OptionValues } from '../base/options.ts';
import type { Tensor } from '../base/tensor.ts';
import type { KernelTime } from '../runtime/kernel-times.ts';
import type { ChannelAxis } from '../quantize/channel-axis.ts';
import type { ObservedChannels } from '../quantize/channel-observer.ts';
import type { ObservedValues } from '../quantize/observer.ts';
import type { ProviderDevice } from '../base/provider.ts';
import type { ValueSpec } from '../runtime/session.ts';

/** A batch by dataset and place. */
export interface BatchRef {
  readonly dataset: string;
  readonly index: number;
}

/** One batch as it lies in a worker. Models with a fixed batch size get `paddedRows` rows, of which `rows` count. */
export interface StoredBatch {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly labels?: Tensor;
  /** Number of each row in its dataset. */
  readonly samples: readonly number[];
  readonly rows: number;
  readonly paddedRows: number;
  /** Rows of one latency run: 1, or the model's fixed batch size. */
  readonly minRows: number;
}

export interface SessionInfo {
  readonly inputs: readonly ValueSpec[];
  readonly outputs: readonly string[];
}

export interface EvaluateRequest {
  readonly session: string;
  readonly batch: BatchRef;
  /** One, or those of a composite. */
  readonly metrics: readonly { readonly name: string; readonly options: OptionValues }[];
  /** Name of the output that is scored. */
  readonly output: string;
  /** Keeps the outputs as what `reference` metrics compare with: set for the float model. */
  readonly keepReference?: boolean;
}

export interface EvaluatedBatch {
  /** One value per metric and sample: those of the first metric, then those of the second … */
  readonly values: Float64Array;
  /** See `decisionsOf`; null where the output chooses no class. */
  readonly decisions: Float32Array | null;
}

/** A tensor that calibration looks at: for its histogram, for its channels, or both. */
export interface ObservedTensor {
  readonly name: string;
  readonly histogram: boolean;
  readonly channels: ChannelAxis;
}

/** What a worker has seen of a tensor, over all batches that it was given. */
export interface Observation {
  readonly name: string;
  readonly values: ObservedValues | null;
  readonly channels: ObservedChannels | null;
}

/** How a tensor of one model differs from that of another, over one batch. */
export interface TensorDifference {
  readonly squaredError: number;
  /** Extremes of the reference. */
  readonly min: number;
  readonly max: number;
  readonly count: number;
  /** Rows along the last dimension that are scores of classes; 0 where there are none. */
  readonly rows: number;
  /** Sum over the rows of the KL divergence from the reference, in nats. */
  readonly divergence: number;
}

export interface CompareRequest {
  /** Session of the float model. */
  readonly reference: string;
  readonly session: string;
  readonly batch: BatchRef;
  readonly tensors: readonly string[];
  /** Keeps the reference's tensors until its session is closed: for small ones that are compared again. */
  readonly keepReference: boolean;
}

export interface ProfileRequest {
  readonly models: readonly Uint8Array[];
  readonly batch: BatchRef;
  /** Wall time for all of it, session creation included; a few runs are made in any case. */
  readonly budgetMs: number;
  /** Runs per model beyond the least: every run of every kernel is a line to be printed and read. */
  readonly maxRuns: number;
}

/** Where the time of one model goes. */
export interface ModelProfile {
  /** Median of a run without the profiler. */
  readonly runMs: number;
  /** With what the profiler adds to each. */
  readonly kernels: readonly KernelTime[];
}

/** Calls that a session worker answers. Arguments and results are plain data; large ones are transferred. */
export interface SessionHostApi {
  /** What the sessions of this worker run on. Throws `provider-unavailable`. */
  device(): Promise<ProviderDevice>;
  open(id: string, model: Uint8Array, optimization: 'all' | 'basic' | 'disabled'): Promise<SessionInfo>;
  /** A session for `observe` alone. */
  openReader(id: string, model: Uint8Array): Promise<void>;
  close(id: string): Promise<void>;
  store(batch: BatchRef, data: StoredBatch): Promise<boolean>;
  forget(batch: { dataset: string; index?: number }): Promise<void>;
  evaluate(request: EvaluateRequest): Promise<EvaluatedBatch>;
  run(session: string, batch: BatchRef, output: string): Promise<Tensor>;
  compare(request: CompareRequest): Promise<TensorDifference[]>;
  /** Adds one batch to what was observed in this session. Throws `activation-not-finite` naming tensor and sample. */
  observe(session: string, batch: BatchRef, tensors: readonly ObservedTensor[]): Promise<void>;
  /** What was observed in a session, which then begins anew. */
  collect(session: string): Promise<Observation[]>;
  time(sessions: readonly string[], batch: BatchRef, budgetMs: number): Promise<Float64Array[]>;
  /** Runs models in turns on the first sample of a batch. */
  profile(request: ProfileRequest): Promise<ModelProfile[]>;
}

/** A session worker as the engine sees it: the calls, and a count of its restarts (all it held is gone after one). */
export interface SessionWorker {
  readonly api: SessionHostApi;
  /** Grows by one whenever the worker was started anew. */
  readonly generation: number;
}

export interface SessionPool {
  readonly workers: readonly SessionWorker[];
  /** Ends every worker at once; pending calls reject with `cancelled`. */
  terminate(): void;
}
