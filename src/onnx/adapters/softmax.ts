import { intAttribute, setAttribute } from '../attributes.ts';
import { normalAxis } from '../inference/dims.ts';
import type { Dims } from '../value-info.ts';
import { revised, type OpsetAdapter } from './adapter.ts';

/**
 * Below operator set 13 these work on the tensor flattened to two dimensions at `axis` (1 by default); since 13 along `axis`
 * alone (−1 by default). Where at most one of the flattened axes is larger than 1, that is the axis; else the tensor is
 * flattened, and shaped back as it was at run time.
 */
export const SOFTMAX: OpsetAdapter = {
  opTypes: ['Softmax', 'LogSoftmax', 'Hardmax'],
  version: 13,
  adapt(node, scope) {
    const [data = ''] = node.input;
    const [output = ''] = node.output;
    const axis = intAttribute(node, 'axis', 1);
    const single = onlyAxis(scope.tensor(data).dims, axis);
    const inner = revised(node, {});
    setAttribute(inner, 'axis', single ?? -1);
    if (single !== undefined) return [inner];
    const [flat, normalized, shape] = ['flat', 'normalized', 'shape'].map((part) =>
      scope.uniqueName(`${output}_${part}`),
    ) as [string, string, string];
    inner.input = [flat];
    inner.output = [normalized];
    const name = (part: string) => scope.uniqueName(`${node.name}_${part}`);
    return [
      { opType: 'Flatten', name: name('flatten'), input: [data], output: [flat], attributes: { axis } },
      inner,
      { opType: 'Shape', name: name('shape'), input: [data], output: [shape] },
      { opType: 'Reshape', name: name('reshape'), input: [normalized, shape], output: [output] },
    ];
  },
};

/** The axis, as counted from the end, that alone makes up the flattened part; undefined if there may be several. */
function onlyAxis(dims: Dims | undefined, axis: number): number | undefined {
  if (axis === -1) return -1;
  const first = dims && normalAxis(axis, dims.length);
  if (!dims || first === undefined) return undefined;
  const large = dims.flatMap((size, index) => (index >= first && size !== 1 ? [index] : []));
  return large.length > 1 ? undefined : (large[0] ?? dims.length - 1) - dims.length;
}
