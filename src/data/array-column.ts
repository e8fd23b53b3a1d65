import { Fault } from '../base/fault.ts';
import { bytesPerElement, elementCount, viewAs, type Tensor, type TensorType } from '../base/tensor.ts';
import { seekableSource, type ByteSource } from './byte-source.ts';
import type { ArrayColumn } from './column.ts';

/** How the elements of an array lie in a file. */
export interface ArrayLayout {
  readonly type: TensorType;
  readonly dims: readonly number[];
  readonly bigEndian: boolean;
  /** First index runs fastest. */
  readonly fortranOrder: boolean;
  /** Where the elements begin. */
  readonly offset: number;
}

/** Reverses the bytes of each element, in place. */
function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; start + size <= bytes.length; start += size) bytes.subarray(start, start + size).reverse();
}

/** Copies a column-major array into row-major order. */
function toRowMajor(tensor: Tensor): Tensor {
  const { dims, data } = tensor;
  const out = data.slice();
  const index = dims.map(() => 0);
  for (let from = 0; from < data.length; from++) {
    let to = 0;
    for (let axis = 0; axis < dims.length; axis++) to = to * (dims[axis] ?? 1) + (index[axis] ?? 0);
    out[to] = data[from] as number & bigint;
    for (let axis = 0; axis < dims.length; axis++) {
      index[axis] = (index[axis] ?? 0) + 1;
      if ((index[axis] ?? 0) < (dims[axis] ?? 0)) break;
      index[axis] = 0;
    }
  }
  return { ...tensor, data: out };
}

async function readElements(
  source: ByteSource,
  layout: ArrayLayout,
  first: number,
  count: number,
): Promise<Tensor['data']> {
  const size = bytesPerElement(layout.type);
  const start = layout.offset + first * size;
  const bytes = await source.read(start, start + count * size);
  if (bytes.length < count * size) throw truncated(source, layout);
  if (layout.bigEndian) swapBytes(bytes, size);
  return viewAs(layout.type, bytes);
}

function truncated(source: ByteSource, layout: ArrayLayout): Fault {
  return new Fault('data-truncated', {
    message: 'The array ends before its last element.',
    file: source.file,
    place: source.path,
    found: `${source.sizeBytes} bytes`,
    accepted: `${layout.offset + elementCount(layout.dims) * bytesPerElement(layout.type)} bytes`,
    next: 'Copy or save the file again.',
  });
}

/**
 * An array in a file as a column, read by ranges of rows; a column-major one is read whole, once. `layout.dims` has at least
 * one dimension. Throws `data-truncated` at once where the file is too short.
 */
export function arrayColumn(name: string, source: ByteSource, layout: ArrayLayout): ArrayColumn {
  const bytes = seekableSource(source);
  const total = elementCount(layout.dims);
  if (source.sizeBytes < layout.offset + total * bytesPerElement(layout.type)) throw truncated(source, layout);
  const [count = 0, ...rest] = layout.dims;
  const row = elementCount(rest);
  const transposes = layout.fortranOrder && layout.dims.length > 1;
  let whole: Promise<Tensor> | undefined;
  const readWhole = async (): Promise<Tensor> =>
    toRowMajor({ type: layout.type, dims: layout.dims, data: await readElements(bytes, layout, 0, total) });
  const read = async (start: number, rows: number): Promise<Tensor> => {
    const dims = [rows, ...rest];
    if (!transposes)
      return { type: layout.type, dims, data: await readElements(bytes, layout, start * row, rows * row) };
    whole ??= readWhole().catch((thrown: unknown) => {
      whole = undefined;
      throw thrown;
    });
    return { type: layout.type, dims, data: (await whole).data.slice(start * row, (start + rows) * row) };
  };
  return { kind: 'array', name, file: source.file, type: layout.type, dims: layout.dims, count, read };
}
