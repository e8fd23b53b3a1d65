import type { Graph } from '../graph.ts';
import { isOperator } from '../operator.ts';
import type { NodeProto } from '../proto/onnx_pb.ts';
import { readTensor } from '../tensor-proto.ts';
import { bypass } from './bypass.ts';
import type { Pass } from './pass.ts';

/** Takes out Dropout, which does nothing at inference, unless its mask is read or it trains. */
export const REMOVE_DROPOUT: Pass = {
  name: 'remove-dropout',
  run(graph) {
    for (const node of graph.nodes) {
      if (isOperator(node, 'Dropout') && !isMaskRead(graph, node) && !mayTrain(graph, node)) bypass(graph, node);
    }
  },
};

function isMaskRead(graph: Graph, node: NodeProto): boolean {
  const mask = node.output[1];
  return Boolean(mask) && (graph.isOutput(mask ?? '') || graph.consumers(mask ?? '').length > 0);
}

function mayTrain(graph: Graph, node: NodeProto): boolean {
  const name = node.input[2];
  if (!name) return false;
  const mode = graph.initializer(name);
  return !mode || readTensor(mode).data[0] !== 0;
}
