import type { Graph } from '../onnx/graph.ts';

/**
 * [writer, reader] by place in `names`, each pair once; what If and Loop bodies read counts as read by their node. Names of ops are
 * unique in a prepared graph; `names` may hold others, such as those of ops inside bodies.
 */
export function opEdges(graph: Graph, names: readonly string[]): (readonly [number, number])[] {
  const placeOf = new Map(names.map((name, place) => [name, place]));
  return graph.nodes.flatMap((node) => {
    const from = placeOf.get(node.name);
    if (from === undefined) return [];
    const readers = new Set(node.output.flatMap((tensor) => graph.consumers(tensor)));
    return [...readers].flatMap((reader) => {
      const to = placeOf.get(reader.name);
      return to === undefined ? [] : [[from, to] as const];
    });
  });
}
