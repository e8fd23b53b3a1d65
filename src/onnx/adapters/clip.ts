import { attribute } from '../attributes.ts';
import { revised, scalarLike, type OpsetAdapter } from './adapter.ts';

/** Operator set 11 takes the bounds as inputs; one that is absent does not bound. */
export const CLIP: OpsetAdapter = {
  opTypes: ['Clip'],
  version: 11,
  adapt(node, scope) {
    const [data = ''] = node.input;
    const bounds = ['min', 'max'].map((bound) => {
      const value = attribute(node, bound);
      return value ? scope.addConstant(`${node.name}_${bound}`, scalarLike(scope.tensor(data), value.f)) : '';
    });
    const last = bounds.findLastIndex((name) => name !== '');
    return [revised(node, { input: [data, ...bounds.slice(0, last + 1)], without: ['min', 'max'] })];
  },
};
