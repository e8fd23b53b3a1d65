import { attribute, stringAttribute } from '../attributes.ts';
import type { OpsetAdapter } from './adapter.ts';
import { resizeNode } from './resize.ts';

/** Operator set 10 replaced Upsample by Resize; scales are an attribute below 9, then an input, and never below 1. */
export const UPSAMPLE: OpsetAdapter = {
  opTypes: ['Upsample'],
  version: 13,
  adapt(node, scope) {
    const values = attribute(node, 'scales')?.floats;
    const scales = values
      ? scope.addConstant(`${node.name}_scales`, {
          type: 'float32',
          dims: [values.length],
          data: Float32Array.from(values),
        })
      : (node.input[1] ?? '');
    return [resizeNode(node, scales, { mode: stringAttribute(node, 'mode', 'nearest'), nearestMode: 'floor' })];
  },
};
