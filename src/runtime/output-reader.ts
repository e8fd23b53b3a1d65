import { elementCount, bytesPerElement, viewAs, type Tensor } from '../base/tensor.ts';
import { tensorType } from '../onnx/data-types.ts';
import { createSession, type OrtModule } from './session.ts';
import { creationFault, runFault } from './session-faults.ts';
import type { OrtWasm } from './shared-wasm.ts';
import { WasmMemory } from './wasm-memory.ts';

/** A session whose outputs are looked at where they lie, instead of being copied out one by one. */
export interface OutputReader {
  /**
   * Runs once and shows each of the named outputs, whose data hold only until `visit` returns. Throws
   * `model-rejected-by-runtime`, and what `visit` throws.
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    outputs: readonly string[],
    visit: (name: string, output: Tensor) => void,
  ): Promise<void>;
  release(): Promise<void>;
}

/**
 * A reader with all optimizations, one thread: on WASM in the runtime's own memory. Copies of every activation of a model
 * cost more than counting their values, most of it for the garbage that they leave. Throws as `createSession`.
 */
export async function openOutputReader(ort: OrtModule, model: Uint8Array): Promise<OutputReader> {
  if (ort.wasm) return openInMemory(await ort.wasm(), model);
  const session = await createSession(ort, model, { optimization: 'all' });
  return {
    async run(feeds, outputs, visit) {
      const results = await session.run(feeds, outputs);
      for (const name of outputs) visit(name, results[name] as Tensor);
    },
    release: () => session.release(),
  };
}

const ALL_OPTIMIZATIONS = 99;
const ERRORS_ONLY = 3;

async function openInMemory(wasm: OrtWasm, model: Uint8Array): Promise<OutputReader> {
  const session = await createInMemory(wasm, model);
  return {
    async run(feeds, outputs, visit) {
      const memory = new WasmMemory(wasm);
      try {
        const results = memory.words(outputs.map(() => 0));
        await runInMemory(wasm, memory, session, feeds, outputs, results);
        const tensors = outputs.map((_, i) => memory.owned(wasm.getValue(results + 4 * i, 'i32')));
        tensors.forEach((tensor, i) => visit(outputs[i] as string, view(wasm, memory, tensor)));
      } finally {
        memory.free();
      }
    },
    async release() {
      wasm._OrtReleaseSession(session);
    },
  };
}

async function createInMemory(wasm: OrtWasm, model: Uint8Array): Promise<number> {
  const memory = new WasmMemory(wasm);
  const options = wasm._OrtCreateSessionOptions(ALL_OPTIMIZATIONS, false, false, 0, false, 0, 0, ERRORS_ONLY, 0, 0);
  try {
    const session = await wasm._OrtCreateSession(memory.bytes(model), model.length, options);
    if (session === 0) throw memory.lastError();
    return session;
  } catch (cause) {
    throw creationFault(cause);
  } finally {
    wasm._OrtReleaseSessionOptions(options);
    memory.free();
  }
}

/** Leaves the handles of the outputs at `results`. */
async function runInMemory(
  wasm: OrtWasm,
  memory: WasmMemory,
  session: number,
  feeds: Readonly<Record<string, Tensor>>,
  outputs: readonly string[],
  results: number,
): Promise<void> {
  const inputs = Object.entries(feeds);
  try {
    const code = await wasm._OrtRun(
      session,
      memory.words(inputs.map(([name]) => memory.text(name))),
      memory.words(inputs.map(([, tensor]) => memory.tensor(tensor))),
      inputs.length,
      memory.words(outputs.map((name) => memory.text(name))),
      outputs.length,
      results,
      0,
    );
    if (code !== 0) throw memory.lastError();
  } catch (cause) {
    throw runFault(cause);
  }
}

function view(wasm: OrtWasm, memory: WasmMemory, tensor: number): Tensor {
  const found = memory.words([0, 0, 0, 0]);
  if (wasm._OrtGetTensorData(tensor, found, found + 4, found + 8, found + 12) !== 0) throw runFault(memory.lastError());
  const [code, data, dimsAt, rank] = [0, 4, 8, 12].map((offset) => wasm.getValue(found + offset, 'i32'));
  const dims = Array.from({ length: rank ?? 0 }, (_, i) => wasm.getValue((dimsAt ?? 0) + 4 * i, 'i32'));
  wasm._OrtFree(dimsAt ?? 0);
  const type = tensorType(code);
  if (!type) throw runFault(`an output of type ${code}`);
  const bytes = wasm.HEAPU8.subarray(data, (data ?? 0) + elementCount(dims) * bytesPerElement(type));
  return { type, dims, data: viewAs(type, bytes) };
}
