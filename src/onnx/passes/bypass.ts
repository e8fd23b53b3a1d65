import type { Graph } from '../graph.ts';
import type { NodeProto } from '../proto/onnx_pb.ts';

/**
 * Takes out a node whose first output equals its first input. A public or captured output keeps its name, which moves to the
 * producer of the input; the node stays, and the answer is false, where both names are needed.
 */
export function bypass(graph: Graph, node: NodeProto): boolean {
  const [input = ''] = node.input;
  const [output = ''] = node.output;
  if (!isFixed(graph, output)) {
    graph.removeNode(node);
    graph.replaceUses(output, input);
    return true;
  }
  const producer = graph.producer(input);
  if (!producer || isFixed(graph, input)) return false;
  graph.removeNode(node);
  graph.setOutput(producer, producer.output.indexOf(input), output);
  graph.replaceUses(input, output);
  return true;
}

function isFixed(graph: Graph, tensor: string): boolean {
  return graph.isOutput(tensor) || graph.isCaptured(tensor);
}
