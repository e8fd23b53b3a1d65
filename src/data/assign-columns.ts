import type { ArrayChoice } from '../base/array-choice.ts';
import type { ArrayColumn, Column, LoadedColumns } from './column.ts';
import type { InputSpec } from './dataset.ts';
import { findNamed } from './split-name.ts';

const LABEL_NAMES = ['labels', 'label', 'y', 'targets', 'target'];
const ARRAY_NAMES = ['arr_0', 'x', 'images', 'image', 'input', 'inputs', 'data'];
const PICTURE_NAMES = ['image/encoded', 'image_raw', 'image/raw', 'encoded'];

/** Which column is used for what; undefined: none is. */
export interface AssignedColumns {
  /** In the order of the inputs. */
  readonly byInput: readonly (Column | undefined)[];
  readonly labels: ArrayColumn | undefined;
}

/** The columns, and the labels where the loader keeps them apart. */
export function allColumns({ columns, labels }: LoadedColumns): readonly Column[] {
  return labels && !columns.includes(labels) ? [...columns, labels] : columns;
}

/**
 * Decides which array feeds which input and which holds the labels: by `choice`, then by name; a model with one input takes the only array, or
 * one with a usual name; arrays without names of their own go by their order. What is chosen for one thing is taken for no other by its name.
 */
export function assignColumns(
  loaded: LoadedColumns,
  inputs: readonly InputSpec[],
  choice: ArrayChoice,
): AssignedColumns {
  const { columns, table } = loaded;
  // The columns of a table are made for the inputs, as the choice says.
  const byChoice = table ? {} : (choice.inputs ?? {});
  const named = (name: string | undefined): Column | undefined =>
    name === undefined ? undefined : findNamed(allColumns(loaded), name);
  const chosen = inputs.map(({ name }) => named(byChoice[name]));
  const labels = assignLabels(loaded, inputs, chosen, table ? undefined : named(choice.labels));
  const free = columns.filter((column) => column !== labels && !chosen.includes(column));
  const byInput = inputs.map((input, i) =>
    byChoice[input.name] === undefined ? findByName(free, inputs, i) : chosen[i],
  );
  return { byInput, labels };
}

/** The column that feeds input number `i` where nobody says otherwise. */
export function findByName(columns: readonly Column[], inputs: readonly InputSpec[], i: number): Column | undefined {
  const named = findNamed(columns, inputs[i]?.name ?? '');
  const placed = columns.find((column) => column.kind === 'array' && column.ordinal === i);
  return named ?? placed ?? (inputs.length === 1 ? findSamples(columns) : findNumbered(columns, i));
}

function assignLabels(
  { columns, labels }: LoadedColumns,
  inputs: readonly InputSpec[],
  taken: readonly (Column | undefined)[],
  chosen: Column | undefined,
): ArrayColumn | undefined {
  if (chosen?.kind === 'array') return chosen;
  if (labels && !taken.includes(labels)) return labels;
  const isInput = ({ name }: Column): boolean => inputs.some((input) => input.name === name);
  return findLabels(columns.filter((column) => !taken.includes(column) && !isInput(column)));
}

function findUsual<T extends Column>(columns: readonly T[], names: readonly string[]): T | undefined {
  const lower = columns.map((column) => ({ name: column.name.toLowerCase(), column }));
  return names.map((name) => findNamed(lower, name)?.column).find(Boolean);
}

function findLabels(columns: readonly Column[]): ArrayColumn | undefined {
  const arrays = columns.filter((column) => column.kind === 'array');
  return findUsual(arrays, LABEL_NAMES) ?? arrays.find(({ name }) => /label/i.test(name));
}

/** The array for the only input when none has its name: the only one, the only pictures, or one with a usual name. */
function findSamples(columns: readonly Column[]): Column | undefined {
  if (columns.length === 1) return columns[0];
  const [pictures, ...more] = columns.filter(({ kind }) => kind === 'image');
  return pictures && more.length === 0 ? pictures : findUsual(columns, [...ARRAY_NAMES, ...PICTURE_NAMES]);
}

/** `arr_1` is the second array that numpy.savez was given without a name. */
function findNumbered(columns: readonly Column[], number: number): Column | undefined {
  const isUnnamed = columns.every(({ name }) => /^arr_\d+$/.test(name));
  return isUnnamed ? columns.find(({ name }) => name === `arr_${number}`) : undefined;
}
