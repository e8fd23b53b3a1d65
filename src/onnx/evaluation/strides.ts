import { allocate, elementCount, type TensorData, type TensorType } from '../../base/tensor.ts';

/** Steps in a dense array per index of each axis. */
export function rowMajorStrides(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis--) strides[axis] = (strides[axis + 1] ?? 1) * (dims[axis + 1] ?? 1);
  return strides;
}

/** Strides that read a tensor of `from` as one of `to`: broadcast axes do not move. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const strides = rowMajorStrides(from);
  const lead = to.length - from.length;
  return to.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : (strides[axis - lead] ?? 0)));
}

/** Visits a tensor of `dims` in row-major order with the offset that `strides` give. */
export function walkStrided(
  dims: readonly number[],
  strides: readonly number[],
  visit: (offset: number, index: number) => void,
  start = 0,
): void {
  const count = elementCount(dims);
  const at = new Array<number>(dims.length).fill(0);
  let offset = start;
  for (let index = 0; index < count; index++) {
    visit(offset, index);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const next = (at[axis] ?? 0) + 1;
      offset += strides[axis] ?? 0;
      if (next < (dims[axis] ?? 0)) {
        at[axis] = next;
        break;
      }
      offset -= (strides[axis] ?? 0) * next;
      at[axis] = 0;
    }
  }
}

/** Elements taken from `data` at strided places. */
export function takeStrided(
  type: TensorType,
  data: TensorData,
  { dims, strides, start = 0 }: { dims: readonly number[]; strides: readonly number[]; start?: number },
): TensorData {
  const out = allocate(type, elementCount(dims));
  walkStrided(
    dims,
    strides,
    (offset, index) => {
      out[index] = data[offset] ?? 0;
    },
    start,
  );
  return out;
}
