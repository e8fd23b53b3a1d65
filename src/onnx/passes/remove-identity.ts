import { inferTensors } from '../infer.ts';
import { intAttribute } from '../attributes.ts';
import { isOperator } from '../operator.ts';
import { tensorType } from '../data-types.ts';
import { bypass } from './bypass.ts';
import type { Pass } from './pass.ts';

/** Takes out Identity, and Cast to the type that the tensor has: both stand between operators that could be fused. */
export const REMOVE_IDENTITY: Pass = {
  name: 'remove-identity',
  run(graph) {
    const casts = graph.nodes.filter((node) => isOperator(node, 'Cast'));
    const inferred = casts.length > 0 ? inferTensors(graph) : undefined;
    for (const node of casts) {
      const target = tensorType(intAttribute(node, 'to', 0));
      if (target !== undefined && inferred?.get(node.input[0] ?? '')?.type === target) bypass(graph, node);
    }
    for (const node of graph.nodes) if (isOperator(node, 'Identity')) bypass(graph, node);
  },
};
