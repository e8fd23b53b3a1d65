import { Fault } from '../base/fault.ts';
import type { ArrayChoice } from '../base/array-choice.ts';
import type { ArrayColumn, Column, LoadedColumns } from './column.ts';
import type { InputSpec } from './dataset.ts';

export interface MatchedColumns {
  readonly byInput: readonly { readonly input: InputSpec; readonly column: Column }[];
  readonly labels?: ArrayColumn;
  readonly warnings: readonly string[];
}

const LABEL_NAMES = ['labels', 'label', 'y', 'targets', 'target'];
const SAMPLE_NAMES = ['arr_0', 'x', 'images', 'image', 'input', 'inputs', 'data'];

const listNames = (columns: readonly { name: string }[]): string =>
  columns.map(({ name }) => name).join(', ') || 'no arrays';

function findLabels(columns: readonly Column[]): ArrayColumn | undefined {
  const arrays = columns.filter((column) => column.kind === 'array');
  const named = LABEL_NAMES.map((name) => arrays.find((column) => column.name.toLowerCase() === name)).find(Boolean);
  return named ?? arrays.find(({ name }) => /label/i.test(name));
}

/** The array for the only input when none has its name: the only one, or one with a usual name. */
function findSamples(columns: readonly Column[]): Column | undefined {
  if (columns.length === 1) return columns[0];
  return SAMPLE_NAMES.map((name) => columns.find((column) => column.name.toLowerCase() === name)).find(Boolean);
}

/** `arr_1` is the second array that numpy.savez was given without a name. */
function findNumbered(columns: readonly Column[], number: number): Column | undefined {
  const isUnnamed = columns.every(({ name }) => /^arr_\d+$/.test(name));
  return isUnnamed ? columns.find(({ name }) => name === `arr_${number}`) : undefined;
}

/** What a choice can name: the arrays, or the fields of a table, whose columns have the names of the inputs. */
function namesOf({ columns, labels, table }: LoadedColumns): string {
  return listNames(table?.fields ?? [...columns, ...(labels && !columns.includes(labels) ? [labels] : [])]);
}

function matchInputs(
  loaded: LoadedColumns,
  inputs: readonly InputSpec[],
  labels: ArrayColumn | undefined,
  { inputs: chosen = {} }: ArrayChoice,
): MatchedColumns['byInput'] {
  const { columns, table } = loaded;
  const others = columns.filter((column) => column !== labels);
  const named = (name: string): Column | undefined => columns.find((column) => column.name === name);
  return inputs.map((input, i) => {
    const choice = chosen[input.name];
    const column =
      choice === undefined || table
        ? (named(input.name) ?? (inputs.length === 1 ? findSamples(others) : findNumbered(others, i)))
        : named(choice);
    if (column) return { input, column };
    const kind = table ? 'field' : 'array';
    throw new Fault('data-input-mismatch', {
      message:
        choice === undefined
          ? `No ${kind} has the name of the model's input ${input.name}.`
          : `The data have no ${kind} ${choice}, which is to feed the input ${input.name}.`,
      ...((columns[0] ?? table?.fields[0]) && { file: (columns[0] ?? table?.fields[0])?.file ?? '' }),
      place: input.name,
      found: namesOf(loaded),
      accepted: choice === undefined ? inputs.map(({ name }) => name).join(', ') : `one of the ${kind}s found`,
      next: `Choose the ${kind} for it: dataloader: {inputs: {${input.name}: NAME}} in the YAML, or on the page; or name the ${kind} ${input.name}.`,
    });
  });
}

/** The array that the choice names, else the one that the loader or a usual name says. */
function matchLabels(
  loaded: LoadedColumns,
  taken: readonly string[],
  choice: ArrayChoice,
  needsLabels: boolean,
): ArrayColumn | undefined {
  const { columns, table } = loaded;
  const known = loaded.labels ?? findLabels(columns.filter(({ name }) => !taken.includes(name)));
  const chosen = choice.labels;
  if (chosen === undefined) return known;
  if (table ? table.labels === chosen : known?.name === chosen) return known;
  const column = table ? undefined : columns.find(({ name }) => name === chosen);
  if (column?.kind === 'array') return column;
  // Calibration data need not have what the evaluation data have.
  if (!needsLabels) return known;
  throw new Fault('data-labels-missing', {
    message: `The data have no ${table ? 'field' : 'array'} ${chosen}, which is to be the labels.`,
    ...(columns[0] && { file: columns[0].file }),
    found: namesOf(loaded),
    accepted: 'the name of one of them',
    next: 'Correct dataloader: {labels: NAME} in the YAML, or choose on the page.',
  });
}

function checkCounts(matches: MatchedColumns['byInput'], labels: ArrayColumn | undefined): void {
  const [first, ...rest] = matches.map(({ column }) => column);
  if (!first) return;
  if (first.count === 0) {
    throw new Fault('data-empty', {
      message: 'The data hold no samples.',
      file: first.file,
      place: first.name,
      next: 'Drop a file with samples.',
    });
  }
  for (const column of rest) {
    if (column.count === first.count) continue;
    throw new Fault('data-input-mismatch', {
      message: 'The arrays differ in their number of samples.',
      file: column.file,
      found: `${first.name}: ${first.count}, ${column.name}: ${column.count}`,
      next: 'Give every array the samples as its first dimension, in the same order.',
    });
  }
  if (labels && labels.count !== first.count) {
    throw new Fault('data-labels-count', {
      message: 'There are not as many labels as samples.',
      file: labels.file,
      place: labels.name,
      found: `${labels.count} labels`,
      accepted: `${first.count} samples`,
      next: 'Drop the labels that belong to these samples.',
    });
  }
}

/**
 * Decides which array feeds which input and which holds the labels: by `choice`, then by name; a model with one input takes the only array, or
 * one with a usual name; arrays without names of their own go by their order. Throws `data-input-mismatch`, `data-empty`, `data-labels-count`, `data-labels-missing`.
 */
export function matchColumns(
  loaded: LoadedColumns,
  inputs: readonly InputSpec[],
  needsLabels: boolean,
  choice: ArrayChoice = {},
): MatchedColumns {
  const taken = inputs.map(({ name }) => choice.inputs?.[name] ?? name);
  const labels = matchLabels(loaded, taken, choice, needsLabels);
  const byInput = matchInputs(loaded, inputs, labels, choice);
  checkCounts(byInput, labels);
  if (needsLabels && !labels) {
    throw new Fault('data-labels-missing', {
      message: 'The evaluation data have no labels.',
      ...(loaded.columns[0] && { file: loaded.columns[0].file }),
      found: [listNames(loaded.columns), ...loaded.warnings].join('. '),
      accepted: 'an array named labels, class folders, a table labels.csv, or an IDX file of labels',
      next: 'Add labels, or choose a metric without labels: agreement or cosine.',
    });
  }
  const used: readonly Column[] = [...byInput.map(({ column }) => column), ...(labels ? [labels] : [])];
  const extra = loaded.columns.filter((column) => !used.includes(column));
  const warnings = extra.length > 0 ? [`Not used, for no input has the name: ${listNames(extra)}.`] : [];
  return { byInput, ...(labels && { labels }), warnings };
}
