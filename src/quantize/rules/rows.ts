import type { PreparedModel } from '../prepared-model.ts';

/** Below this many rows a matrix product is bound by reading the weights, and int8 only adds work on WASM. */
const FEW_ROWS = 8;

/** Rows of the left operand for one sample: the product of all dims but the last; undefined where a dim is unknown. */
export function rowsPerSample(model: PreparedModel, tensor: string): number | undefined {
  const dims = model.infos.get(tensor)?.dims;
  if (!dims) return undefined;
  let rows = 1;
  for (const dim of dims.slice(0, -1)) {
    if (dim === null) return undefined;
    rows *= dim;
  }
  return rows;
}

/** Why int8 is slower for this many rows, if it is. Unknown counts are given the benefit of the doubt: latency is measured. */
export function tooFewRows(rows: number | undefined): string | undefined {
  if (rows === undefined || rows >= FEW_ROWS) return undefined;
  return `${rows} ${rows === 1 ? 'row' : 'rows'} per sample: int8 is no faster below ${FEW_ROWS} rows on WASM`;
}
