import { elementCount } from '../../base/tensor.ts';
import { bodies } from '../../onnx/bodies.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import { dimsOf } from '../../onnx/tensor-proto.ts';
import type { QuantizeConfig } from '../config.ts';
import { isStorable } from './storage-axes.ts';

/** Smaller weights would win less by 4 bits than the dozen nodes that unpack them take. */
const MIN_ELEMENTS = 4096;
/** The inputs of Slice and the axis of Concat are as in this operator set. */
const MIN_OPSET = 13;

/** Whether a constant is a weight that can be stored in 4-bit blocks. */
export function takesInt4(graph: Graph, name: string): boolean {
  const proto = graph.initializer(name);
  if (!proto || !isStorable(proto) || elementCount(dimsOf(proto)) < MIN_ELEMENTS) return false;
  const readers = graph.consumers(name);
  return graph.opset() >= MIN_OPSET && !graph.isOutput(name) && readers.every((node) => bodies(node).length === 0);
}

/** Group size of a weight whose readers are all to have 4-bit weights (the smallest that one of them asks for); else undefined. */
export function groupSizeOf(readers: readonly NodeProto[], { ops }: QuantizeConfig): number | undefined {
  const sizes = readers.map(({ name }) => {
    const choice = ops[name];
    return choice === undefined || choice === 'fp32' || choice.mode !== 'weight_only' ? NaN : choice.weight.groupSize;
  });
  const smallest = Math.min(...sizes.map((size) => size ?? NaN));
  return Number.isNaN(smallest) ? undefined : smallest;
}
