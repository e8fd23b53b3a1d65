import { floatAttribute } from '../attributes.ts';
import { revised, type OpsetAdapter } from './adapter.ts';

/** Operator set 12 takes the ratio as an input; without training_mode nothing is dropped. */
export const DROPOUT: OpsetAdapter = {
  opTypes: ['Dropout'],
  version: 12,
  adapt(node, scope) {
    const ratio = { type: 'float32', dims: [], data: Float32Array.of(floatAttribute(node, 'ratio', 0.5)) } as const;
    const input = [node.input[0] ?? '', scope.addConstant(`${node.name}_ratio`, ratio)];
    return [revised(node, { input, without: ['ratio'] })];
  },
};
