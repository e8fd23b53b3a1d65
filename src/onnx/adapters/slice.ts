import { intsAttribute } from '../attributes.ts';
import { int64Vector, revised, type OpsetAdapter } from './adapter.ts';

const PLACES = ['starts', 'ends', 'axes'] as const;

/** Operator set 10 takes starts, ends and axes as inputs. */
export const SLICE: OpsetAdapter = {
  opTypes: ['Slice'],
  version: 10,
  adapt(node, scope) {
    const given = PLACES.flatMap((place) => {
      const values = intsAttribute(node, place);
      return values ? [scope.addConstant(`${node.name}_${place}`, int64Vector(values))] : [];
    });
    return [revised(node, { input: [node.input[0] ?? '', ...given], without: PLACES })];
  },
};
