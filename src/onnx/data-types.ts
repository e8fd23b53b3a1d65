import type { TensorType } from '../base/tensor.ts';

/** TensorProto.DataType of ONNX, as far as values of the type have an array form. */
const TYPES = new Map<number, TensorType>([
  [1, 'float32'],
  [2, 'uint8'],
  [3, 'int8'],
  [4, 'uint16'],
  [5, 'int16'],
  [6, 'int32'],
  [7, 'int64'],
  [9, 'bool'],
  [10, 'float16'],
  [11, 'float64'],
  [12, 'uint32'],
  [13, 'uint64'],
]);
const CODES = new Map([...TYPES].map(([code, type]) => [type, code]));

/** The tensor type of an ONNX element type code; undefined for strings, complex, bfloat16, 8-bit floats and packed types. */
export function tensorType(code: number | undefined): TensorType | undefined {
  return code === undefined ? undefined : TYPES.get(code);
}

export function dataTypeCode(type: TensorType): number {
  return CODES.get(type) as number;
}
