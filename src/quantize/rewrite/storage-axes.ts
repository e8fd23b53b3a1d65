import { elementCount } from '../../base/tensor.ts';
import { intAttribute } from '../../onnx/attributes.ts';
import { TensorProto_DataType as DataType, type NodeProto, type TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { dimsOf, isExternal } from '../../onnx/tensor-proto.ts';
import type { WeightAxes } from '../weight-storage.ts';

/** Smaller tensors stay float32: their nodes and scales would take the gain away. */
const MIN_ELEMENTS = 256;

/** Whether a constant is a weight that could be stored in fewer bits: float32, a matrix at least, of some size. */
export function isStorable(proto: TensorProto): boolean {
  if (proto.dataType !== DataType.FLOAT || isExternal(proto)) return false;
  return proto.dims.length >= 2 && elementCount(dimsOf(proto)) >= MIN_ELEMENTS;
}

/** Output and input channels of the weight as its reader sees them; tables and unknown readers: rows and columns. */
export function storageAxes(reader: NodeProto | undefined, dims: readonly number[]): WeightAxes {
  const axes = reader ? axesFor(reader, dims.length) : { output: 0, input: 1 };
  return axes.input !== null && dims[axes.input] === 1 ? { ...axes, input: null } : axes;
}

function axesFor(reader: NodeProto, rank: number): WeightAxes {
  switch (reader.opType) {
    case 'MatMul':
      return { output: rank - 1, input: rank - 2 };
    case 'Gemm':
      return intAttribute(reader, 'transB', 0) ? { output: 0, input: 1 } : { output: 1, input: 0 };
    case 'ConvTranspose':
      return { output: 1, input: 0 };
    case 'LSTM':
    case 'GRU':
    case 'RNN':
      return { output: 1, input: 2 };
    default:
      return { output: 0, input: 1 };
  }
}

/** Axes of the inputs that one output of the reader adds up (tables: one row): 4-bit blocks lie along them. */
export function inputAxes(reader: NodeProto, rank: number): { readonly first: number; readonly axes: number } {
  switch (reader.opType) {
    case 'MatMul':
      return { first: rank - 2, axes: 1 };
    case 'Gemm':
      return { first: intAttribute(reader, 'transB', 0), axes: 1 };
    case 'Conv':
      return { first: 1, axes: rank - 1 };
    case 'ConvTranspose':
      return { first: 0, axes: 1 };
    default:
      return { first: rank - 1, axes: 1 };
  }
}
