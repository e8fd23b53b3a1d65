import { toFloat16Bits } from '../base/float16.ts';
import { elementCount, type Tensor } from '../base/tensor.ts';
import type { BlockWeight } from './block-weight.ts';
import { clampedRound } from './numerics.ts';

/** A weight stored in fewer bits; nodes in front of its reader give the float weight back when a session is created. */
export type StoredWeight =
  | { readonly form: 'int4'; readonly weight: BlockWeight; readonly dims: readonly number[] }
  | { readonly form: 'float16'; readonly bits: Uint16Array; readonly dims: readonly number[] }
  | {
      readonly form: 'int8';
      readonly codes: Int8Array;
      readonly dims: readonly number[];
      /** Factors that broadcast along one axis each; the weight is codes × all of them. */
      readonly factors: readonly { readonly axis: number; readonly scales: Float32Array }[];
    };

/** Axes of a weight: outputs of the layer, and inputs where a second scale makes sense. */
export interface WeightAxes {
  readonly output: number;
  readonly input: number | null;
}

const MAX_CODE = 127;
/** Above this relative error of its worst channel int8 storage is taken to hurt and float16 is stored. */
const INT8_ERROR_LIMIT = 0.08;
/** How much worse, in its worst channel, the one-sided form may be before the second factor is worth its bytes. */
const ONE_SIDED_MARGIN = 1.2;

/** `auto`: int8 with one factor, with two, or float16, by the error that each makes in the worst channel of either axis. */
export function storeWeight(weight: Tensor, axes: WeightAxes, storage: 'auto' | 'int8' | 'float16'): StoredWeight {
  const values = weight.data as Float32Array;
  const { dims } = weight;
  if (storage === 'float16') return storeFloat16(values, dims);
  const grid = channelGrid(dims, axes);
  const sums = channelSums(values, grid);
  const oneSided = encode(values, grid, sums, oneSidedScales(sums, grid));
  const twoSided = axes.input === null ? null : encode(values, grid, sums, twoSidedScales(sums, grid));
  const best = twoSided && oneSided.worstError > twoSided.worstError * ONE_SIDED_MARGIN ? twoSided : oneSided;
  if (storage === 'auto' && best.worstError > INT8_ERROR_LIMIT) return storeFloat16(values, dims);
  const factors = [{ axis: axes.output, scales: grid.hasOutputRows ? best.scales.rows : best.scales.columns }];
  if (best === twoSided && axes.input !== null) {
    factors.push({ axis: axes.input, scales: grid.hasOutputRows ? best.scales.columns : best.scales.rows });
  }
  return { form: 'int8', codes: best.codes, dims, factors };
}

function storeFloat16(values: Float32Array, dims: readonly number[]): StoredWeight {
  return { form: 'float16', bits: Uint16Array.from(values, toFloat16Bits), dims };
}

/**
 * A weight as [outer, rows, middle, columns, inner]: the channels of its two axes are rows and columns. Where there is one axis
 * alone the other one has one channel.
 */
interface ChannelGrid {
  readonly outer: number;
  readonly rows: number;
  readonly middle: number;
  readonly columns: number;
  readonly inner: number;
  /** Whether rows are output channels, and columns input channels. */
  readonly hasOutputRows: boolean;
}

function channelGrid(dims: readonly number[], { output, input }: WeightAxes): ChannelGrid {
  const sizes = (start: number, end?: number): number => elementCount(dims.slice(start, end));
  if (input === null) {
    const grid = { outer: sizes(0, output), middle: 1, inner: sizes(output + 1) };
    const count = dims[output] as number;
    // Long runs of neighbours that share what is looked up once for each row.
    return grid.inner > 1
      ? { ...grid, rows: count, columns: 1, hasOutputRows: true }
      : { ...grid, rows: 1, columns: count, hasOutputRows: false };
  }
  const [first, second] = [Math.min(output, input), Math.max(output, input)];
  return {
    outer: sizes(0, first),
    rows: dims[first] as number,
    middle: sizes(first + 1, second),
    columns: dims[second] as number,
    inner: sizes(second + 1),
    hasOutputRows: first === output,
  };
}

/** Column of each element of a run of neighbours in one row: dividing per element costs more than reading it. */
function columnTable({ columns, inner }: ChannelGrid): Uint32Array {
  return Uint32Array.from({ length: columns * inner }, (_, i) => Math.floor(i / inner));
}

/** Visits the runs of columns × inner neighbours: their row and first element. */
function forEachRun({ outer, rows, middle, columns, inner }: ChannelGrid, visit: (row: number, start: number) => void) {
  let start = 0;
  for (let o = 0; o < outer; o++) {
    for (let row = 0; row < rows; row++) {
      for (let m = 0; m < middle; m++, start += columns * inner) visit(row, start);
    }
  }
}

interface ChannelSums {
  /** max|w| of each pair of a row and a column, [rows, columns]. */
  readonly magnitudes: Float32Array;
  /** Σw² of each row, and of each column. */
  readonly rowPower: Float64Array;
  readonly columnPower: Float64Array;
}

function channelSums(values: Float32Array, grid: ChannelGrid): ChannelSums {
  const { rows, columns } = grid;
  const magnitudes = new Float32Array(rows * columns);
  const rowPower = new Float64Array(rows);
  const columnPower = new Float64Array(columns);
  const columnOf = columnTable(grid);
  forEachRun(grid, (row, start) => {
    const base = row * columns;
    let power = 0;
    for (let i = 0; i < columnOf.length; i++) {
      const value = values[start + i] as number;
      const column = columnOf[i] as number;
      const magnitude = Math.abs(value);
      if (magnitude > (magnitudes[base + column] as number)) magnitudes[base + column] = magnitude;
      const square = value * value;
      power += square;
      columnPower[column] = (columnPower[column] as number) + square;
    }
    rowPower[row] = (rowPower[row] as number) + power;
  });
  return { magnitudes, rowPower, columnPower };
}

/** The weight is code · rows · columns. */
interface Scales {
  readonly rows: Float32Array;
  readonly columns: Float32Array;
}

function oneSidedScales({ magnitudes }: ChannelSums, { rows, columns, hasOutputRows }: ChannelGrid): Scales {
  const ones = new Float64Array(hasOutputRows ? columns : rows).fill(1);
  const largest = new Float64Array(hasOutputRows ? rows : columns);
  if (hasOutputRows) rescaleRows(magnitudes, largest, ones);
  else rescaleColumns(magnitudes, ones, largest);
  const scales = Float32Array.from(largest, codeScale);
  const other = Float32Array.from(ones);
  return hasOutputRows ? { rows: scales, columns: other } : { rows: other, columns: scales };
}

/**
 * Two factors, s_in = max|w| over outputs, then s_out = max|w / s_in|, so that neither loud inputs nor loud outputs take the codes
 * away from quiet ones. Going on in turns changes nothing: the two maps are a Galois connection, s_in(s_out(s_in(·))) = s_in(·).
 */
function twoSidedScales({ magnitudes }: ChannelSums, { rows, columns, hasOutputRows }: ChannelGrid): Scales {
  const rowScales = new Float64Array(rows).fill(1);
  const columnScales = new Float64Array(columns).fill(1);
  if (hasOutputRows) {
    rescaleColumns(magnitudes, rowScales, columnScales);
    rescaleRows(magnitudes, rowScales, columnScales);
    return { rows: Float32Array.from(rowScales, codeScale), columns: Float32Array.from(columnScales) };
  }
  rescaleRows(magnitudes, rowScales, columnScales);
  rescaleColumns(magnitudes, rowScales, columnScales);
  return { rows: Float32Array.from(rowScales), columns: Float32Array.from(columnScales, codeScale) };
}

/** Each column's largest magnitude, relative to the scale of its row; 1 for a dead one, which may have any scale. */
function rescaleColumns(magnitudes: Float32Array, rowScales: Float64Array, columnScales: Float64Array): void {
  columnScales.fill(0);
  for (let row = 0, at = 0; row < rowScales.length; row++) {
    const perRow = 1 / (rowScales[row] as number);
    for (let column = 0; column < columnScales.length; column++, at++) {
      const share = (magnitudes[at] as number) * perRow;
      if (share > (columnScales[column] as number)) columnScales[column] = share;
    }
  }
  for (let column = 0; column < columnScales.length; column++) columnScales[column] ||= 1;
}

/** The same for rows. */
function rescaleRows(magnitudes: Float32Array, rowScales: Float64Array, columnScales: Float64Array): void {
  const perColumn = columnScales.map((scale) => 1 / scale);
  for (let row = 0, at = 0; row < rowScales.length; row++) {
    let largest = 0;
    for (let column = 0; column < perColumn.length; column++, at++) {
      const share = (magnitudes[at] as number) * (perColumn[column] as number);
      if (share > largest) largest = share;
    }
    rowScales[row] = largest || 1;
  }
}

/** Scale that puts `largest` on the last code; 1 where it would be no normal float32. */
function codeScale(largest: number): number {
  const scale = Math.fround(largest / MAX_CODE);
  return scale < 2 ** -126 ? 1 : scale;
}

interface Encoded {
  readonly codes: Int8Array;
  readonly scales: Scales;
  /** Largest ‖w − stored‖ / ‖w‖ over the channels of either axis; dead channels count as exact. */
  readonly worstError: number;
}

function encode(values: Float32Array, grid: ChannelGrid, sums: ChannelSums, scales: Scales): Encoded {
  const codes = new Int8Array(values.length);
  const rowError = new Float64Array(grid.rows);
  const columnError = new Float64Array(grid.columns);
  const columnOf = columnTable(grid);
  const columnScales = Float64Array.from(columnOf, (column) => scales.columns[column] as number);
  forEachRun(grid, (row, start) => {
    const rowScale = scales.rows[row] as number;
    let error = 0;
    for (let i = 0; i < columnOf.length; i++) {
      const value = values[start + i] as number;
      const scale = rowScale * (columnScales[i] as number);
      const code = clampedRound(value / scale, -MAX_CODE, MAX_CODE);
      codes[start + i] = code;
      const difference = value - code * scale;
      const square = difference * difference;
      error += square;
      const column = columnOf[i] as number;
      columnError[column] = (columnError[column] as number) + square;
    }
    rowError[row] = (rowError[row] as number) + error;
  });
  const worst = Math.max(largestShare(rowError, sums.rowPower), largestShare(columnError, sums.columnPower));
  return { codes, scales, worstError: Math.sqrt(worst) };
}

function largestShare(errors: Float64Array, powers: Float64Array): number {
  return errors.reduce((worst, error, i) => {
    const power = powers[i] as number;
    return power > 0 ? Math.max(worst, error / power) : worst;
  }, 0);
}
