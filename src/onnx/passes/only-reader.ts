import type { Graph } from '../graph.ts';
import type { NodeProto } from '../proto/onnx_pb.ts';

/** The one node that reads a tensor which nothing else needs. */
export function onlyReader(graph: Graph, tensor: string): NodeProto | undefined {
  const [reader, ...others] = graph.consumers(tensor);
  return others.length > 0 || graph.isOutput(tensor) || graph.isCaptured(tensor) ? undefined : reader;
}
