import type { Tensor } from '../../base/tensor.ts';

/** [a, b] float32 → [b, a]. */
export function transpose2d(tensor: Tensor): Tensor {
  const [rows, columns] = tensor.dims as [number, number];
  const out = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) out[c * rows + r] = tensor.data[r * columns + c] as number;
  }
  return { type: 'float32', dims: [columns, rows], data: out };
}
