import type { ArraySummary, ArrayTable } from '../base/array-choice.ts';
import { elementCount } from '../base/tensor.ts';
import { allColumns, assignColumns } from './assign-columns.ts';
import { isCastable } from './cast.ts';
import type { Column, LoadedColumns, TableField } from './column.ts';
import type { InputSpec } from './dataset.ts';
import type { LoadRequest } from './loaders/loader.ts';

const shape = (dims: readonly (number | null)[]): string => `[${dims.map((dim) => dim ?? '?').join(', ')}]`;

/** What is in the data, what each array could be used for, and what it is. */
export function arrayTable(loaded: LoadedColumns, { inputs, arrays = {} }: LoadRequest): ArrayTable {
  const { table, texts = [] } = loaded;
  const takes = Object.fromEntries(inputs.map(({ name, type, dims }) => [name, `${type} ${shape(dims)}`]));
  const fields = (table?.fields ?? texts).map((field) => fieldSummary(field, inputs));
  if (!table) {
    const columns = allColumns(loaded).map((column) => columnSummary(column, inputs));
    const { byInput, labels } = assignColumns(loaded, inputs, arrays);
    const used = inputs.map(({ name }, i): [string, string | null] => [name, byInput[i]?.name ?? null]);
    const others = fields.filter(({ name }) => name !== labels?.name);
    return { arrays: [...columns, ...others], takes, inputs: Object.fromEntries(used), labels: labels?.name ?? null };
  }
  const feeding = (name: string): readonly TableField[] => table.fields.filter(({ feeds }) => feeds.includes(name));
  // Fields side by side have no name together.
  const only = (name: string): string | null => (feeding(name).length === 1 ? (feeding(name)[0]?.name ?? null) : null);
  return {
    arrays: fields,
    takes,
    inputs: Object.fromEntries(inputs.map(({ name }) => [name, only(name)])),
    labels: table.labels,
  };
}

function fieldSummary({ name, file, rows, dims }: TableField, inputs: readonly InputSpec[]): ArraySummary {
  const words = dims === null ? 'text' : dims.length === 0 ? 'a number' : `numbers ${shape(dims)}`;
  const unfit = dims === null ? Object.fromEntries(inputs.map((input) => [input.name, 'text is no input'])) : {};
  return { name, file, words, samples: rows, unfit, noLabels: dims && dims.length > 1 ? `lists ${shape(dims)}` : null };
}

function columnSummary(column: Column, inputs: readonly InputSpec[]): ArraySummary {
  const { name, file, count: samples } = column;
  if (column.kind === 'image') return { name, file, words: 'pictures', samples, unfit: {}, noLabels: 'pictures' };
  const dims = column.dims.slice(1);
  const reasons = inputs.flatMap((input): [string, string][] => {
    const wanted = input.dims.slice(1);
    const isOfShape = dims.length === wanted.length && dims.every((dim, i) => wanted[i] === null || wanted[i] === dim);
    const isAsMany = (): boolean => wanted.every((dim) => dim !== null) && elementCount(wanted) === elementCount(dims);
    const fits = isOfShape || (column.isFlat === true && isAsMany());
    // Transforms may give the samples of an only input another shape and type.
    if (inputs.length === 1) return dims.length === 0 && wanted.length > 0 ? [[input.name, 'one number a sample']] : [];
    if (!isCastable(column.type, input.type)) return [[input.name, `${column.type}, wanted ${input.type}`]];
    return fits ? [] : [[input.name, `${shape(dims)}, wanted ${shape(wanted)}`]];
  });
  return {
    name,
    file,
    words: dims.length === 0 ? column.type : `${column.type} ${shape(dims)}`,
    samples,
    unfit: Object.fromEntries(reasons),
    noLabels: dims.length > 1 ? `${shape(dims)} a sample` : null,
  };
}
