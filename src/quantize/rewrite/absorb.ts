import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import { readTensor } from '../../onnx/tensor-proto.ts';

/**
 * The Relu or Clip with constant bounds that alone reads `node`'s output. A uint8 range that ends where the activation
 * clips says the same as the node, and only without the node does ONNX Runtime fuse the op to an integer kernel.
 */
export function absorbableActivation(graph: Graph, node: NodeProto): NodeProto | undefined {
  const output = node.output[0];
  if (!output || graph.isOutput(output) || graph.isCaptured(output)) return undefined;
  const [activation, ...others] = graph.consumers(output);
  if (!activation || others.length > 0) return undefined;
  return clipBounds(graph, activation) ? activation : undefined;
}

/** Bounds of a Relu or of a Clip (opset 11: bounds are inputs) whose bounds are constants and contain 0. */
export function clipBounds(graph: Graph, node: NodeProto): { min: number; max: number } | undefined {
  if (node.opType === 'Relu') return { min: 0, max: Infinity };
  if (node.opType !== 'Clip') return undefined;
  const bound = (index: number, otherwise: number): number => {
    const name = node.input[index];
    if (!name) return otherwise;
    const tensor = graph.initializer(name);
    return tensor ? Number(readTensor(tensor).data[0]) : NaN;
  };
  const [min, max] = [bound(1, -Infinity), bound(2, Infinity)];
  return min <= 0 && max >= 0 ? { min, max } : undefined;
}
