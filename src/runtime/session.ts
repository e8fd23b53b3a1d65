import type { InferenceSession, Tensor as OrtTensor, env, TensorConstructor } from 'onnxruntime-common';
import { Fault } from '../base/fault.ts';
import type { Tensor, TensorData, TensorType } from '../base/tensor.ts';
import { kernelTimes, type KernelTime } from './kernel-times.ts';
import { creationFault, runFault } from './session-faults.ts';
import type { OrtWasm } from './shared-wasm.ts';
import type { Provider, ProviderDevice } from '../base/provider.ts';

/** What Octet uses of an ONNX Runtime package; `ort-node.ts`, `ort-web.ts` and `ort-webgpu.ts` provide it. */
export interface OrtModule {
  readonly provider: Provider;
  readonly InferenceSession: {
    create(model: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: TensorConstructor;
  readonly env: typeof env;
  /** Throws `provider-unavailable`. */
  device(): Promise<ProviderDevice>;
  /** The instance behind it, where tensors lie in the memory of a WASM build. */
  readonly wasm?: () => Promise<OrtWasm>;
  /** The lines that the runtime prints while `act` runs. */
  printedBy(act: () => void): readonly string[];
}

/** An input or output as the runtime sees it; symbolic dims are null. */
export interface ValueSpec {
  readonly name: string;
  readonly type: TensorType;
  readonly dims: readonly (number | null)[];
}

/** One model ready to run on one execution provider, one thread. */
export interface ModelSession {
  readonly inputs: readonly ValueSpec[];
  readonly outputs: readonly string[];
  /** Runs once; the feeds stay the caller's. Fetches all outputs unless named. Throws `model-rejected-by-runtime`. */
  run(feeds: Readonly<Record<string, Tensor>>, fetches?: readonly string[]): Promise<Record<string, Tensor>>;
  /** Times of the kernels in the runs so far, without the first `warmUps`; ends the profile. Empty unless `profile` was asked for. */
  endProfile(warmUps: number): readonly KernelTime[];
  release(): Promise<void>;
}

export interface SessionOptions {
  /** `disabled` keeps every node as written; `all` is what users run. */
  readonly optimization: 'all' | 'basic' | 'disabled';
  /** Times every kernel of every run. */
  readonly profile?: boolean;
}

/** Creates a session. Throws `model-unknown-operator`, `model-rejected-by-runtime` or `out-of-memory`. */
export async function createSession(ort: OrtModule, model: Uint8Array, options: SessionOptions): Promise<ModelSession> {
  let session: InferenceSession;
  try {
    session = await ort.InferenceSession.create(model, {
      executionProviders: [ort.provider],
      graphOptimizationLevel: options.optimization,
      logSeverityLevel: 3,
      enableProfiling: options.profile ?? false,
    });
  } catch (cause) {
    throw creationFault(cause);
  }
  return {
    inputs: session.inputMetadata.map(toSpec),
    outputs: session.outputNames,
    run: (feeds, fetches) => run(ort, session, feeds, fetches),
    endProfile: (warmUps) => kernelTimes(options.profile ? ort.printedBy(() => session.endProfiling()) : [], warmUps),
    release: () => session.release(),
  };
}

function toSpec(metadata: InferenceSession.ValueMetadata): ValueSpec {
  if (!metadata.isTensor) {
    throw new Fault('model-rejected-by-runtime', {
      message: `Input ${metadata.name} is not a tensor`,
      place: `input ${metadata.name}`,
      next: 'Octet can tune models whose inputs are tensors.',
    });
  }
  const dims = metadata.shape.map((dim) => (typeof dim === 'number' && dim > 0 ? dim : null));
  return { name: metadata.name, type: metadata.type as TensorType, dims };
}

async function run(
  ort: OrtModule,
  session: InferenceSession,
  feeds: Readonly<Record<string, Tensor>>,
  fetches?: readonly string[],
): Promise<Record<string, Tensor>> {
  const inputs: Record<string, OrtTensor> = {};
  for (const [name, tensor] of Object.entries(feeds)) {
    inputs[name] = new ort.Tensor(tensor.type as 'float32', tensor.data as Float32Array, tensor.dims);
  }
  try {
    const results = fetches ? await session.run(inputs, [...fetches]) : await session.run(inputs);
    return Object.fromEntries(Object.entries(results).map(([name, value]) => [name, fromOrt(value)]));
  } catch (cause) {
    throw runFault(cause);
  }
}

function fromOrt(value: OrtTensor): Tensor {
  return { type: value.type as TensorType, dims: value.dims, data: value.data as TensorData };
}
