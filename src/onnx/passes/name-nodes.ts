import type { Pass } from './pass.ts';

/** Gives every node a name of its own, `<OpType>_<index in the file>` where it has none: configurations refer to nodes by name. */
export const NAME_NODES: Pass = {
  name: 'name-nodes',
  run(graph) {
    const taken = new Set<string>();
    graph.nodes.forEach((node, index) => {
      if (node.name === '' || taken.has(node.name)) node.name = graph.uniqueName(`${node.opType}_${index}`);
      taken.add(node.name);
    });
  },
};
