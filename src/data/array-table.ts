import { Fault } from '../base/fault.ts';
import type { ArrayChoice, ArraySummary, ArrayTable } from '../base/array-choice.ts';
import { isCastable } from './cast.ts';
import type { Column, LoadedColumns, TableField } from './column.ts';
import type { InputSpec } from './dataset.ts';
import type { LoadRequest } from './loaders/loader.ts';
import { matchColumns } from './match-columns.ts';

const shape = (dims: readonly (number | null)[]): string => `[${dims.map((dim) => dim ?? '?').join(', ')}]`;

/** What is in the data, what each array could be used for, and what it is. */
export function arrayTable(loaded: LoadedColumns, { inputs, arrays = {} }: LoadRequest): ArrayTable {
  const { columns, labels, table } = loaded;
  const all = [...columns, ...(labels && !columns.includes(labels) ? [labels] : [])];
  const summaries = table
    ? table.fields.map((field) => fieldSummary(field, inputs))
    : all.map((column) => columnSummary(column, inputs));
  const used = matchedWhereItCan(loaded, inputs, arrays);
  return { arrays: summaries, ...used };
}

/** Inputs are matched one by one: one that finds nothing must not hide the others. */
function matchedWhereItCan(
  loaded: LoadedColumns,
  inputs: readonly InputSpec[],
  choice: ArrayChoice,
): Pick<ArrayTable, 'inputs' | 'labels'> {
  const { table } = loaded;
  if (table) {
    const feeding = (name: string): readonly TableField[] => table.fields.filter(({ feeds }) => feeds.includes(name));
    // Fields side by side have no name together.
    const only = (name: string): string | null =>
      feeding(name).length === 1 ? (feeding(name)[0]?.name ?? null) : null;
    return { inputs: Object.fromEntries(inputs.map(({ name }) => [name, only(name)])), labels: table.labels };
  }
  const whole = attempt(() => matchColumns(loaded, inputs, false, choice));
  const matched = (input: InputSpec): string | null => {
    const found = whole ?? attempt(() => matchColumns(loaded, [input], false, choice));
    return found?.byInput.find((each) => each.input === input)?.column.name ?? null;
  };
  const byInput = Object.fromEntries(inputs.map((input) => [input.name, matched(input)]));
  const used = Object.values(byInput);
  const label = (whole ?? attempt(() => matchColumns(loaded, [], false, choice)))?.labels?.name ?? null;
  return { inputs: byInput, labels: label !== null && used.includes(label) ? null : label };
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (thrown) {
    if (thrown instanceof Fault) return undefined;
    throw thrown;
  }
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
    const fits = dims.length === wanted.length && dims.every((dim, i) => wanted[i] === null || wanted[i] === dim);
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
