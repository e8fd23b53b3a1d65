import { Fault } from '../base/fault.ts';
import type { ArrayChoice } from '../base/array-choice.ts';
import { allColumns, assignColumns, findByName, type AssignedColumns } from './assign-columns.ts';
import type { ArrayColumn, Column, LoadedColumns } from './column.ts';
import type { InputSpec } from './dataset.ts';
import { findNamed } from './split-name.ts';

export interface MatchedColumns {
  readonly byInput: readonly { readonly input: InputSpec; readonly column: Column }[];
  readonly labels?: ArrayColumn;
  readonly warnings: readonly string[];
}

const listNames = (columns: readonly { name: string }[]): string =>
  columns.map(({ name }) => name).join(', ') || 'no arrays';

/** What a choice can name: the arrays, or the fields of a table, whose columns have the names of the inputs. */
function namesOf(loaded: LoadedColumns): string {
  return listNames(loaded.table?.fields ?? [...allColumns(loaded), ...(loaded.texts ?? [])]);
}

function checkInputs(
  loaded: LoadedColumns,
  inputs: readonly InputSpec[],
  { byInput, labels }: AssignedColumns,
  choice: ArrayChoice,
): MatchedColumns['byInput'] {
  const { columns, table } = loaded;
  return inputs.map((input, i) => {
    const column = byInput[i];
    if (column) return { input, column };
    const kind = table ? 'field' : 'array';
    const chosen = choice.inputs?.[input.name];
    const found = chosen === undefined ? findByName(columns, inputs, i) : undefined;
    const other = inputs[byInput.findIndex((each) => each !== undefined && each === found)];
    const use = found && (other ? `feeds ${other.name}` : found === labels ? 'holds the labels' : undefined);
    throw new Fault('data-input-mismatch', {
      message: use
        ? `The array ${found?.name} ${use}, and no other has the name of the input ${input.name}.`
        : chosen === undefined
          ? `No ${kind} has the name of the model's input ${input.name}.`
          : `The data have no ${kind} ${chosen}, which is to feed the input ${input.name}.`,
      ...((columns[0] ?? table?.fields[0]) && { file: (columns[0] ?? table?.fields[0])?.file ?? '' }),
      place: input.name,
      found: namesOf(loaded),
      accepted: chosen === undefined ? inputs.map(({ name }) => name).join(', ') : `one of the ${kind}s found`,
      next: `Choose the ${kind} for it: dataloader: {inputs: {${input.name}: NAME}} in the YAML, or on the page; or name the ${kind} ${input.name}.`,
    });
  });
}

function checkLabels(
  loaded: LoadedColumns,
  { labels }: AssignedColumns,
  { labels: chosen }: ArrayChoice,
  needsLabels: boolean,
): void {
  const { columns, table } = loaded;
  // Calibration data need not have what the evaluation data have.
  if (!needsLabels || chosen === undefined) return;
  if (table ? table.labels === chosen : labels && findNamed(allColumns(loaded), chosen) === labels) return;
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
 * The array for each input and the labels, as `assignColumns` decides, where all are there and as long as each other.
 * Throws `data-input-mismatch`, `data-empty`, `data-labels-count`, `data-labels-missing`.
 */
export function matchColumns(
  loaded: LoadedColumns,
  inputs: readonly InputSpec[],
  needsLabels: boolean,
  choice: ArrayChoice = {},
): MatchedColumns {
  const assigned = assignColumns(loaded, inputs, choice);
  const { labels } = assigned;
  checkLabels(loaded, assigned, choice, needsLabels);
  const byInput = checkInputs(loaded, inputs, assigned, choice);
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
