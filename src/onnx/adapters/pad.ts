import { floatAttribute, intsAttribute } from '../attributes.ts';
import { int64Vector, revised, scalarLike, type OpsetAdapter } from './adapter.ts';

/** Operator set 11 takes the pads and the value as inputs. */
export const PAD: OpsetAdapter = {
  opTypes: ['Pad'],
  version: 11,
  adapt(node, scope) {
    const [data = ''] = node.input;
    const pads = scope.addConstant(`${node.name}_pads`, int64Vector(intsAttribute(node, 'pads') ?? []));
    const value = floatAttribute(node, 'value', 0);
    const fill = value === 0 ? [] : [scope.addConstant(`${node.name}_value`, scalarLike(scope.tensor(data), value))];
    return [revised(node, { input: [data, pads, ...fill], without: ['pads', 'value'] })];
  },
};
