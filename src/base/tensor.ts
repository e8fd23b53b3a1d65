/** Element types of tensors that cross layer borders; float16 data are raw bits, bool data are bytes 0/1. */
export type TensorType =
  | 'float32'
  | 'float16'
  | 'float64'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool';

const ARRAYS = {
  float32: Float32Array,
  float16: Uint16Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const;

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Dense row-major values; `data.length` is the product of `dims` (1 for a scalar, `dims: []`). */
export interface Tensor {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

export function bytesPerElement(type: TensorType): number {
  return ARRAYS[type].BYTES_PER_ELEMENT;
}

/** A zeroed array for `count` elements of `type`. */
export function allocate(type: TensorType, count: number): TensorData {
  return new ARRAYS[type](count);
}

/** Bytes (little-endian) seen as elements of `type`; a view where alignment allows, else a copy. */
export function viewAs(type: TensorType, bytes: Uint8Array): TensorData {
  const Ctor = ARRAYS[type];
  const size = Ctor.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new Ctor(aligned.buffer as ArrayBuffer, aligned.byteOffset, Math.floor(aligned.byteLength / size));
}

/** The bytes of typed data, as a view. */
export function bytesOf(data: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Rows `start … start+count` of the first dimension, as a view. */
export function sliceRows(tensor: Tensor, start: number, count: number): Tensor {
  const [, ...rest] = tensor.dims;
  const row = elementCount(rest);
  return { type: tensor.type, dims: [count, ...rest], data: tensor.data.subarray(start * row, (start + count) * row) };
}
