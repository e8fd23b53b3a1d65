import type { Graph } from '../../onnx/graph.ts';
import type { NodeProto } from '../../onnx/proto/onnx_pb.ts';
import { dimsOf } from '../../onnx/tensor-proto.ts';
import { constantValues } from './weight-channels.ts';

/** The Add with a constant per channel of the last dimension (or a single number) that alone reads `tensor`: a product's bias. */
export function vectorAdd(
  graph: Graph,
  tensor: string,
  channels: number,
): { node: NodeProto; index: 0 | 1 } | undefined {
  if (graph.isOutput(tensor) || graph.isCaptured(tensor)) return undefined;
  const [node, ...others] = graph.consumers(tensor);
  if (node?.opType !== 'Add' || others.length > 0) return undefined;
  const index = node.input[0] === tensor ? 1 : 0;
  const constant = graph.initializer(node.input[index] ?? '');
  const count = constantValues(graph, node.input[index])?.length;
  if (!constant || (count !== 1 && (count !== channels || dimsOf(constant).at(-1) !== channels))) return undefined;
  return { node, index };
}
