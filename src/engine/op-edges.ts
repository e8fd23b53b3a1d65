import type { Graph } from '../onnx/graph.ts';

/** [writer, reader] by place in `graph.nodes`, each pair once; what If and Loop bodies read counts as read by their node. */
export function opEdges(graph: Graph): (readonly [number, number])[] {
  const placeOf = new Map(graph.nodes.map((node, place) => [node, place]));
  return graph.nodes.flatMap((node, from) => {
    const readers = new Set(node.output.flatMap((tensor) => graph.consumers(tensor)));
    return [...readers].map((reader) => [from, placeOf.get(reader) ?? from] as const);
  });
}
