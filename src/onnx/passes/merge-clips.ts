import type { Graph } from '../graph.ts';
import { isOperator } from '../operator.ts';
import type { NodeProto } from '../proto/onnx_pb.ts';
import { readTensor } from '../tensor-proto.ts';
import { bypass } from './bypass.ts';
import type { Pass } from './pass.ts';

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/**
 * Takes out a Relu or Clip next to one that leaves it nothing to do (Relu behind Relu, Relu in front of Clip from 0 to 6):
 * only one of them is absorbed by an int8 range, and onnxruntime-web 1.30 cannot load a MatMul with two in front of a
 * QuantizeLinear (it drops them one by one and gives two nodes one name).
 */
export const MERGE_CLIPS: Pass = {
  name: 'merge-clips',
  run(graph) {
    for (const second of graph.sortedNodes()) {
      const first = graph.producer(second.input[0] ?? '');
      const outer = boundsOf(graph, second);
      const inner = first && outer && boundsOf(graph, first);
      if (!inner || graph.consumers(first.output[0] ?? '').length > 1) continue;
      if (outer.min <= inner.min && outer.max >= inner.max) bypass(graph, second);
      else if (inner.min <= outer.min && inner.max >= outer.max && !graph.isOutput(first.output[0] ?? '')) {
        bypass(graph, first);
      }
    }
  },
};

/** Constant bounds of a Relu or of a Clip of float32 (opset 11: bounds are inputs). */
function boundsOf(graph: Graph, node: NodeProto): Bounds | undefined {
  if (isOperator(node, 'Relu')) return { min: 0, max: Infinity };
  if (!isOperator(node, 'Clip')) return undefined;
  const bound = (index: number, otherwise: number): number => {
    const name = node.input[index];
    if (!name) return otherwise;
    const tensor = graph.initializer(name);
    return tensor ? Number(readTensor(tensor).data[0]) : NaN;
  };
  const bounds = { min: bound(1, -Infinity), max: bound(2, Infinity) };
  return bounds.min <= bounds.max ? bounds : undefined;
}
