import { Fault } from '../base/fault.ts';
import { allocate, elementCount, type TensorType } from '../base/tensor.ts';
import type { ByteSource } from './byte-source.ts';
import { isFloat } from './cast.ts';
import { memoryColumn, type ArrayColumn, type LoadedColumns } from './column.ts';
import type { InputSpec } from './dataset.ts';
import { numberClasses } from './label-table.ts';
import type { LoadRequest } from './loaders/loader.ts';

/** What stands in a field: a number, a text, or (nested) lists of numbers. */
export type Cell = number | string | readonly Cell[];

/** Rows of named fields, as CSV and JSON Lines hold them. */
export interface RecordTable {
  readonly source: ByteSource;
  readonly fields: readonly string[];
  /** In the order of `fields`; undefined where a row has no such field. */
  readonly rows: readonly (readonly (Cell | undefined)[])[];
  /** Line of a row in the file. */
  line(row: number): number;
}

const LABEL_FIELDS = ['label', 'labels', 'class', 'target', 'targets', 'category', 'species', 'y'];
/** Numbers of rows, which say nothing of a sample. */
const INDEX_FIELD = /^(|id|idx|index|unnamed: 0|row)$/i;

type Row = RecordTable['rows'][number];

function located(table: RecordTable, row: number, field: string): { file: string; place: string } {
  return { file: table.source.file, place: `${table.source.path}, line ${table.line(row)}, ${field}` };
}

/** All numbers of a cell, in order, and its dims ([] for a single number). Undefined for texts and uneven lists. */
function flatten(cell: Cell | undefined): { values: number[]; dims: number[] } | undefined {
  if (typeof cell === 'number') return { values: [cell], dims: [] };
  if (cell === undefined || typeof cell === 'string') return undefined;
  const parts = cell.map(flatten);
  const values: number[] = [];
  const dims = parts[0]?.dims ?? [];
  for (const part of parts) {
    if (part?.dims.join() !== dims.join()) return undefined;
    for (const value of part.values) values.push(value);
  }
  return { values, dims: [cell.length, ...dims] };
}

interface Vectors {
  readonly name: string;
  /** Field to blame, and its values, row by row. */
  readonly field: string;
  /** All that they are made of. */
  readonly fields: readonly string[];
  readonly rows: readonly { readonly values: readonly number[]; readonly dims: readonly number[] }[];
}

function fieldVectors(table: RecordTable, field: string, name: string): Vectors {
  const at = table.fields.indexOf(field);
  const rows = table.rows.map((cells, row) => {
    const flat = flatten(cells[at]);
    if (flat) return flat;
    const cell = cells[at];
    throw new Fault('data-unreadable', {
      message: `The field ${field} is no number and no list of numbers.`,
      ...located(table, row, field),
      found: cell === undefined || cell === '' ? 'nothing' : String(cell).slice(0, 60),
      accepted: 'a number, or a list of as many numbers in each row',
      next: 'Mend or leave out the row; texts must be made numbers (one-hot, token ids) before.',
    });
  });
  return { name, field, fields: [field], rows };
}

/** Fields of single numbers, side by side. */
function joinedVectors(table: RecordTable, fields: readonly string[], name: string): Vectors {
  const parts = fields.map((field) => fieldVectors(table, field, name));
  const rows = table.rows.map((_, row) => {
    const values = parts.flatMap(({ rows: column }) => column[row]?.values ?? []);
    return { values, dims: [values.length] };
  });
  const field = fields.length === 1 ? (fields[0] ?? name) : `${fields[0]} … ${fields.at(-1)}`;
  return { name, field, fields, rows };
}

/** `x0`, `x_1`, `x.2`, `x[3]` are the numbers of `x`, in the order of their numbers. */
function numberedFields(fields: readonly string[], name: string): string[] {
  const numberOf = (field: string): number => Number(/\d+/.exec(field.slice(name.length))?.[0]);
  return fields
    .filter((field) => field.startsWith(name) && /^[._-]?\[?\d+\]?$/.test(field.slice(name.length)))
    .sort((a, b) => numberOf(a) - numberOf(b));
}

/** Which fields feed an input: its namesake, its numbered fields, or for the only input all that is left. */
function vectorsFor(
  table: RecordTable,
  input: InputSpec,
  rest: readonly string[],
  isOnly: boolean,
  chosen: string | undefined,
): Vectors | undefined {
  if (chosen !== undefined) return table.fields.includes(chosen) ? fieldVectors(table, chosen, input.name) : undefined;
  if (rest.includes(input.name)) return fieldVectors(table, input.name, input.name);
  const numbered = numberedFields(rest, input.name);
  if (numbered.length > 0) return joinedVectors(table, numbered, input.name);
  if (!isOnly) return undefined;
  const first = table.rows[0];
  const isList = (field: string): boolean => Array.isArray(first?.[table.fields.indexOf(field)]);
  const lists = rest.filter(isList);
  if (lists.length === 1 && lists[0] !== undefined) return fieldVectors(table, lists[0], input.name);
  const numbers = rest.filter((field) => !isList(field) && !INDEX_FIELD.test(field));
  return numbers.length > 0 ? joinedVectors(table, numbers, input.name) : undefined;
}

/** Dims of every sample: the input's where the numbers fill them; else the rows' own. */
function sampleDims({ dims: wanted }: InputSpec, { rows }: Vectors): { dims: readonly number[]; isRagged: boolean } {
  const own = rows[0]?.dims ?? [];
  const isRagged = rows.some(({ dims }) => dims.join() !== own.join());
  const inner = wanted.slice(1);
  const known = inner.every((dim) => dim !== null) ? inner : undefined;
  if (!isRagged) return { dims: known && elementCount(known) === elementCount(own) ? known : own, isRagged };
  const longest = rows.reduce((most, { values }) => Math.max(most, values.length), 0);
  return { dims: known?.length === 1 ? known : [longest], isRagged };
}

function toColumn(table: RecordTable, input: InputSpec, vectors: Vectors, warnings: string[]): ArrayColumn {
  const { dims, isRagged } = sampleDims(input, vectors);
  const size = elementCount(dims);
  const type: TensorType = isFloat(input.type) ? (input.type === 'float64' ? 'float64' : 'float32') : 'int64';
  const data = allocate(type, size * vectors.rows.length);
  let cut = 0;
  for (const [row, { values, dims: own }] of vectors.rows.entries()) {
    if (isRagged && own.length !== 1) throw uneven(table, row, vectors, own);
    if (values.length > size) cut++;
    for (const [i, value] of values.slice(0, size).entries()) {
      if (type === 'int64' && !Number.isSafeInteger(value)) throw notWhole(table, row, vectors, value, input);
      data[row * size + i] = (type === 'int64' ? BigInt(value) : value) as never;
    }
  }
  if (isRagged) {
    const cuts = cut > 0 ? `, ${cut} longer ones are cut` : '';
    warnings.push(`The lists of ${vectors.field} differ in length: they are filled up with 0 to ${size}${cuts}.`);
  }
  return memoryColumn(input.name, table.source.file, { type, dims: [vectors.rows.length, ...dims], data });
}

function uneven(table: RecordTable, row: number, { field }: Vectors, dims: readonly number[]): Fault {
  return new Fault('data-input-mismatch', {
    message: `The lists of ${field} differ in shape from row to row.`,
    ...located(table, row, field),
    found: `[${dims.join(', ')}]`,
    accepted: 'flat lists, or lists of one shape',
    next: 'Give every row a list of the same shape.',
  });
}

function notWhole(table: RecordTable, row: number, { field }: Vectors, value: number, input: InputSpec): Fault {
  return new Fault('data-input-mismatch', {
    message: `The input ${input.name} takes whole numbers.`,
    ...located(table, row, field),
    found: String(value),
    accepted: input.type,
    next: 'Give whole numbers, such as token ids.',
  });
}

function labelColumn(
  table: RecordTable,
  field: string,
  { classNames }: LoadRequest,
): Pick<LoadedColumns, 'labels' | 'classNames' | 'assumesOrder' | 'warnings'> {
  const at = table.fields.indexOf(field);
  const cells = table.rows.map((row: Row, i) => {
    const cell = row[at];
    if (cell !== undefined && cell !== '') return cell;
    throw new Fault('data-labels-missing', {
      message: `A row has no ${field}.`,
      ...located(table, i, field),
      found: 'nothing',
      next: 'Give every row a label, or leave it out.',
    });
  });
  const { file, path } = table.source;
  if (cells.every((cell) => typeof cell === 'number') && !cells.every(Number.isInteger)) {
    const tensor = { type: 'float32', dims: [cells.length], data: Float32Array.from(cells) } as const;
    return { labels: memoryColumn('labels', file, tensor), warnings: [] };
  }
  if (cells.some((cell) => typeof cell === 'object')) {
    const vectors = fieldVectors(table, field, 'labels');
    const size = vectors.rows.reduce((most, { values }) => Math.max(most, values.length), 0);
    const data = new Float32Array(size * cells.length);
    vectors.rows.forEach(({ values }, row) => data.set(values, row * size));
    return {
      labels: memoryColumn('labels', file, { type: 'float32', dims: [cells.length, size], data }),
      warnings: [],
    };
  }
  const { tensor, ...numbered } = numberClasses(cells.map(String), path, classNames);
  return { labels: memoryColumn('labels', file, tensor), ...numbered };
}

/** Arrays for the model's inputs, and labels, from rows of fields. Throws `data-*` faults naming line and field. */
export function recordColumns(table: RecordTable, request: LoadRequest): LoadedColumns {
  const { inputs } = request;
  if (table.rows.length === 0) {
    throw new Fault('data-empty', {
      message: 'The table holds no rows.',
      file: table.source.file,
      place: table.source.path,
      next: 'Drop a table with one row for each sample.',
    });
  }
  const chosen = request.arrays?.inputs ?? {};
  /** The input that a field has been chosen for, which no other takes by its name. */
  const chosenBy = (field: string): string | undefined => inputs.find(({ name }) => chosen[name] === field)?.name;
  const isInput = (field: string): boolean =>
    inputs.some(({ name }) => name === field) || chosenBy(field) !== undefined;
  const found = LABEL_FIELDS.map((name) =>
    table.fields.find((field) => field.toLowerCase() === name && !isInput(field)),
  ).find((field) => field !== undefined);
  const label = table.fields.find((field) => field === request.arrays?.labels) ?? found;
  const rest = table.fields.filter((field) => field !== label);
  const warnings: string[] = [];
  const feeds = new Map<string, string[]>();
  const columns = inputs.flatMap((input) => {
    const free = rest.filter((field) => !chosenBy(field) || chosenBy(field) === input.name);
    const vectors = vectorsFor(table, input, free, inputs.length === 1, chosen[input.name]);
    if (!vectors) return [];
    for (const field of vectors.fields) feeds.set(field, [...(feeds.get(field) ?? []), input.name]);
    return [toColumn(table, input, vectors, warnings)];
  });
  const fields = table.fields.map((name, at) => ({
    name,
    file: table.source.file,
    rows: table.rows.length,
    dims: flatten(table.rows[0]?.[at])?.dims ?? null,
    feeds: feeds.get(name) ?? [],
  }));
  const loaded = { columns, table: { fields, labels: label ?? null } };
  if (label === undefined) return { ...loaded, warnings };
  const labelled = labelColumn(table, label, request);
  return { ...loaded, ...labelled, warnings: [...warnings, ...labelled.warnings] };
}
