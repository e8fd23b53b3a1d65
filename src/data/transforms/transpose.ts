import type { Sample } from '../sample.ts';
import { transformFault } from './picture.ts';
import type { Transform } from './transform.ts';

function permute({ type, dims, data }: Sample, perm: readonly number[]): Sample {
  const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((product, dim) => product * dim, 1));
  const toDims = perm.map((axis) => dims[axis] ?? 1);
  const steps = perm.map((axis) => strides[axis] ?? 0);
  const out = new Float32Array(data.length);
  const index = perm.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = data[from] ?? 0;
    for (let axis = perm.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      from += steps[axis] ?? 0;
      index[axis] = next;
      if (next < (toDims[axis] ?? 1)) break;
      from -= next * (steps[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return { type, dims: toDims, data: out };
}

export const transpose: Transform = {
  name: 'Transpose',
  help: 'Changes the order of the dimensions of a sample.',
  options: {
    perm: { type: 'integers', help: 'The old dimensions in their new order: [2, 0, 1] puts channels first.', min: 0 },
  },
  apply(sample, options) {
    const perm = options.perm as number[];
    if ([...perm].sort().join() !== sample.dims.map((_, axis) => axis).join()) {
      throw transformFault(
        `Transpose cannot apply perm [${perm.join(', ')}].`,
        `a sample of shape [${sample.dims.join(', ')}]`,
        'Name each dimension of a sample once, from 0; the batch dimension is not counted.',
      );
    }
    return permute(sample, perm);
  },
};
