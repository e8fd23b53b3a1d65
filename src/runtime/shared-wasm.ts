import { fromBase64 } from '../base/base64.ts';

/**
 * What ONNX Runtime's WASM build exports to its own JavaScript, of the pinned version (lib/wasm/wasm-types.ts of
 * onnxruntime-web); addresses and handles are numbers, 0 is none.
 */
export interface OrtWasm {
  /** The memory; another array once it has grown. */
  readonly HEAPU8: Uint8Array;
  getValue(at: number, type: 'i32'): number;
  lengthBytesUTF8(text: string): number;
  stringToUTF8(text: string, at: number, maxBytes: number): void;
  UTF8ToString(at: number): string;
  _malloc(bytes: number): number;
  _free(at: number): void;
  _OrtGetLastError(code: number, message: number): number;
  _OrtCreateSessionOptions(
    optimization: number,
    arena: boolean,
    memoryPattern: boolean,
    executionMode: number,
    profiling: boolean,
    profilePrefix: number,
    logId: number,
    logSeverity: number,
    logVerbosity: number,
    optimizedModelPath: number,
  ): number;
  _OrtReleaseSessionOptions(options: number): number;
  _OrtCreateSession(model: number, bytes: number, options: number): number | Promise<number>;
  _OrtReleaseSession(session: number): number;
  _OrtCreateTensor(type: number, data: number, bytes: number, dims: number, rank: number, location: number): number;
  _OrtGetTensorData(tensor: number, type: number, data: number, dims: number, rank: number): number;
  _OrtReleaseTensor(tensor: number): number;
  _OrtFree(at: number): number;
  _OrtRun(
    session: number,
    inputNames: number,
    inputs: number,
    inputCount: number,
    outputNames: number,
    outputCount: number,
    outputs: number,
    options: number,
  ): number | Promise<number>;
}

interface Shared {
  readonly factoryUrl: string;
  instance?: OrtWasm;
}

/** A model of one Identity: the runtime starts when it is given a first model. */
const FIRST_MODEL = 'CAg6LwoQCgF4EgF5IghJZGVudGl0eRIBZ1oLCgF4EgYKBAgBEgBiCwoBeRIGCgQIARIAQgIQDQ==';

/**
 * Makes share-wasm.mjs, which is to be ONNX Runtime's factory, use the one at `factoryUrl`. The function returned gives the
 * instance behind `sessions`.
 */
export function shareWasm(
  factoryUrl: string,
  sessions: { create(model: Uint8Array): Promise<{ release(): Promise<void> }> },
): () => Promise<OrtWasm> {
  const shared: Shared = { factoryUrl };
  Object.assign(globalThis, { octetOrtWasm: shared });
  return async () => {
    if (!shared.instance) await (await sessions.create(fromBase64(FIRST_MODEL))).release();
    if (!shared.instance) throw new Error('ONNX Runtime started without its factory');
    return shared.instance;
  };
}
