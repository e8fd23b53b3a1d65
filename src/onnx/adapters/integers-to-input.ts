import { intsAttribute } from '../attributes.ts';
import { int64Vector, revised, type OpsetAdapter } from './adapter.ts';

/** Adapter for operators that take a list of integers as their second input since operator set 13. */
export function integersToInput(attribute: string, opTypes: readonly string[]): OpsetAdapter {
  return {
    opTypes,
    version: 13,
    adapt(node, scope) {
      const values = intsAttribute(node, attribute);
      if (!values) return undefined;
      const input = [node.input[0] ?? '', scope.addConstant(`${node.name}_${attribute}`, int64Vector(values))];
      return [revised(node, { input, without: [attribute] })];
    },
  };
}
