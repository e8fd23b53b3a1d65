import { bytesOf, type Tensor } from '../base/tensor.ts';
import { dataTypeCode } from '../onnx/data-types.ts';
import type { OrtWasm } from './shared-wasm.ts';

/** DataLocation of ONNX Runtime's JavaScript. */
const ON_CPU = 1;

/** What one call needs in ONNX Runtime's memory, by address; freed together. Throws an `Error` where there is no more memory. */
export class WasmMemory {
  readonly #wasm: OrtWasm;
  readonly #taken: number[] = [];
  readonly #tensors: number[] = [];

  constructor(wasm: OrtWasm) {
    this.#wasm = wasm;
  }

  bytes(bytes: Uint8Array): number {
    const at = this.#take(bytes.length);
    this.#wasm.HEAPU8.set(bytes, at);
    return at;
  }

  words(values: readonly number[]): number {
    return this.bytes(bytesOf(Uint32Array.from(values)));
  }

  /** Ends with 0. */
  text(text: string): number {
    const bytes = this.#wasm.lengthBytesUTF8(text) + 1;
    const at = this.#take(bytes);
    this.#wasm.stringToUTF8(text, at, bytes);
    return at;
  }

  /** Handle of a tensor that holds a copy of the data. */
  tensor({ type, dims, data }: Tensor): number {
    const bytes = bytesOf(data);
    const at = this.bytes(bytes);
    const rank = dims.length;
    const tensor = this.#wasm._OrtCreateTensor(dataTypeCode(type), at, bytes.length, this.words(dims), rank, ON_CPU);
    if (tensor === 0) throw this.lastError();
    return this.owned(tensor);
  }

  /** A tensor that the runtime has made is released with the rest. */
  owned(tensor: number): number {
    this.#tensors.push(tensor);
    return tensor;
  }

  lastError(): Error {
    const found = this.words([0, 0]);
    this.#wasm._OrtGetLastError(found, found + 4);
    const message = this.#wasm.getValue(found + 4, 'i32');
    return new Error(message === 0 ? `code ${this.#wasm.getValue(found, 'i32')}` : this.#wasm.UTF8ToString(message));
  }

  free(): void {
    for (const tensor of this.#tensors.splice(0)) this.#wasm._OrtReleaseTensor(tensor);
    for (const at of this.#taken.splice(0)) this.#wasm._free(at);
  }

  #take(bytes: number): number {
    const at = this.#wasm._malloc(Math.max(1, bytes));
    if (at === 0) throw new Error(`out of memory: ${bytes} bytes`);
    this.#taken.push(at);
    return at;
  }
}
