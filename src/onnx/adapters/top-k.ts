import { intAttribute } from '../attributes.ts';
import { int64Vector, revised, type OpsetAdapter } from './adapter.ts';

/** Operator set 10 takes k as an input. */
export const TOP_K: OpsetAdapter = {
  opTypes: ['TopK'],
  version: 10,
  adapt(node, scope) {
    const k = scope.addConstant(`${node.name}_k`, int64Vector([intAttribute(node, 'k', 1)]));
    return [revised(node, { input: [node.input[0] ?? '', k], without: ['k'] })];
  },
};
