import { constantValue } from '../inference/constant.ts';
import { isOperator } from '../operator.ts';
import type { Pass } from './pass.ts';

/** Makes Constant nodes initializers, which is where everything else looks for weights. */
export const LIFT_CONSTANTS: Pass = {
  name: 'lift-constants',
  run(graph) {
    for (const node of graph.nodes) {
      const [name] = node.output;
      if (!isOperator(node, 'Constant') || !name || graph.isOutput(name)) continue;
      const value = constantValue(node);
      if (!value) continue;
      graph.removeNode(node);
      value.name = name;
      graph.addInitializer(value);
    }
  },
};
