import { prepareModel } from '../../engine/prepare.ts';
import { encodeModel } from '../../onnx/encode.ts';
import type { TensorProto } from '../../onnx/proto/onnx_pb.ts';
import { buildModel, type TestNode, type TestValue } from '../../onnx/testing/build-model.ts';
import { writeTensor } from '../../onnx/tensor-proto.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { randomTensor } from './build-model.ts';

/** A float model from the input `x` to the output `y`. */
export interface Net {
  readonly nodes: readonly TestNode[];
  readonly constants: readonly TensorProto[];
  /** Dims of `x`: [1, 4, 8, 8] unless given. */
  readonly dims?: readonly number[];
}

export interface Declared {
  /** Dims of `x` as the file declares them; a string is a symbolic size. */
  readonly dims?: readonly (number | string)[];
  readonly inputs?: Readonly<Record<string, TestValue>>;
  readonly outputs?: readonly string[];
}

/** The net as Octet prepares it, cleaned and with its tensors inferred. */
export function prepare({ nodes, constants, dims = [1, 4, 8, 8] }: Net, declared: Declared = {}): PreparedModel {
  const model = buildModel({
    nodes,
    inputs: declared.inputs ?? { x: { dims: declared.dims ?? dims } },
    outputs: Object.fromEntries((declared.outputs ?? ['y']).map((name) => [name, {}])),
    initializers: constants,
    opset: 17,
  });
  return prepareModel(encodeModel(model), {}).model;
}

/** Values in [-1, 1] that depend on name and rank. */
export function random(name: string, dims: readonly number[]): TensorProto {
  return writeTensor(name, randomTensor(dims, name.length + dims.length));
}

export function constant(name: string, values: readonly number[], dims: readonly number[] = []): TensorProto {
  return writeTensor(name, { type: 'float32', dims, data: Float32Array.from(values) });
}

export function integers(name: string, values: readonly number[]): TensorProto {
  return writeTensor(name, { type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) });
}
