import { clone } from '@bufbuild/protobuf';
import type { Tensor } from '../../base/tensor.ts';
import { removeAttribute, type NodeSpec } from '../attributes.ts';
import type { InferredTensor } from '../inference/rule.ts';
import { NodeProtoSchema, type NodeProto } from '../proto/onnx_pb.ts';

/** The graph or body whose nodes are adapted. */
export interface AdapterScope {
  /** Operator set of the model as it came. */
  readonly from: number;
  /** What is known of a tensor before the node. */
  tensor(name: string): InferredTensor;
  /** Stores a constant under a name like `base`, which it gives. */
  addConstant(base: string, tensor: Tensor): string;
  uniqueName(base: string): string;
  warn(code: string, message: string, place: string): void;
}

/** Takes one operator from its meaning below `version` to its meaning in operator set 13. */
export interface OpsetAdapter {
  readonly opTypes: readonly string[];
  /** The first operator set that has the new meaning. */
  readonly version: number;
  /**
   * What stands for `node` in operator set 13; undefined where it may stay as it is.
   * Throws `model-opset-unsupported` where nothing can.
   */
  adapt(node: NodeProto, scope: AdapterScope): readonly (NodeSpec | NodeProto)[] | undefined;
}

/** A copy of `node` with other inputs, an other type or fewer attributes. */
export function revised(
  node: NodeProto,
  { input = node.input, opType = node.opType, without = [] }: Revision,
): NodeProto {
  const copy = clone(NodeProtoSchema, node);
  copy.input = [...input];
  copy.opType = opType;
  for (const name of without) removeAttribute(copy, name);
  return copy;
}

interface Revision {
  readonly input?: readonly string[];
  readonly opType?: string;
  readonly without?: readonly string[];
}

export function int64Vector(values: readonly number[]): Tensor {
  return { type: 'int64', dims: [values.length], data: BigInt64Array.from(values, BigInt) };
}

/** A scalar of the type that `like` has, float32 where that is not known. */
export function scalarLike(like: InferredTensor, value: number): Tensor {
  return like.type === 'float64'
    ? { type: 'float64', dims: [], data: Float64Array.of(value) }
    : { type: 'float32', dims: [], data: Float32Array.of(value) };
}
