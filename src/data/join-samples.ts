import { Fault } from '../base/fault.ts';
import { allocate, elementCount, type Tensor } from '../base/tensor.ts';

/** Tensors with samples along the first dimension, one behind the other. Throws `data-input-mismatch` where samples differ in size. */
export function joinSamples(tensors: readonly Tensor[], name: string): Tensor {
  const { type, dims } = tensors[0] as Tensor;
  const rows = tensors.reduce((sum, tensor) => sum + (tensor.dims[0] ?? 0), 0);
  const inner = dims.slice(1);
  const data = allocate(type, rows * elementCount(inner));
  let at = 0;
  for (const tensor of tensors) {
    if (tensor.dims.slice(1).join() !== inner.join()) throw unequal(name, tensor.dims.slice(1), inner);
    data.set(tensor.data as never, at);
    at += tensor.data.length;
  }
  return { type, dims: [rows, ...inner], data };
}

function unequal(name: string, found: readonly number[], first: readonly number[]): Fault {
  return new Fault('data-input-mismatch', {
    message: 'Samples of one batch differ in size.',
    place: name,
    found: `[${found.join(', ')}]`,
    accepted: `[${first.join(', ')}], as the first of the batch`,
    next: 'Add a Resize or PadToSize that makes all pictures one size, or use a batch size of 1.',
  });
}
