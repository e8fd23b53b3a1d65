import { copyMessage } from './copy-message.ts';
import type { GraphProto, NodeProto } from './proto/onnx_pb.ts';

/** The sub-graphs of an If, Loop or Scan. */
export function bodies(node: NodeProto): GraphProto[] {
  const found: GraphProto[] = [];
  for (const { g, graphs } of node.attribute) {
    if (g) found.push(g);
    found.push(...graphs);
  }
  return found;
}

/** Names that a body reads but does not define. */
export function capturedNames(graph: GraphProto): string[] {
  const defined = definedNames(graph);
  const read = graph.node.flatMap((node) => [...node.input, ...bodies(node).flatMap(capturedNames)]);
  return [...read, ...graph.output.map(({ name }) => name)].filter((name) => name && !defined.has(name));
}

function definedNames(graph: GraphProto): Set<string> {
  return new Set([
    ...[...graph.input, ...graph.initializer].map(({ name }) => name),
    ...graph.node.flatMap((node) => node.output),
  ]);
}

/** Every name defined in a body or in the bodies within it: a name outside must not repeat one. */
export function namesWithin(graph: GraphProto): string[] {
  return [...definedNames(graph), ...graph.node.flatMap((node) => [node.name, ...bodies(node).flatMap(namesWithin)])];
}

/** Replaces each body of `node` by what `edit` makes of it; attributes are copied, since clones share them. */
export function replaceBodies(node: NodeProto, edit: (body: GraphProto, attribute: string) => GraphProto): void {
  node.attribute = node.attribute.map((item) => {
    if (!item.g && item.graphs.length === 0) return item;
    const copy = copyMessage(item);
    if (item.g) copy.g = edit(item.g, item.name);
    copy.graphs = item.graphs.map((body, index) => edit(body, `${item.name}[${index}]`));
    return copy;
  });
}
