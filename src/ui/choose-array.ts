import type { ArrayChoice, ArrayTable } from '../base/array-choice.ts';

/** What a table of arrays says once one more has been chosen. */
export interface Chosen {
  readonly choice: ArrayChoice;
  /** The table as it is then, before anybody has looked at the data again. */
  readonly table: ArrayTable;
  /** What feeds what now, in words. */
  readonly words: string;
}

/** An input, or (null) the labels. */
type Use = string | null;

/**
 * Chooses `array` for `use`. Where another input (or the labels) has it, the two swap, so that no array is ever used twice by
 * a choice of one; what would not fit there is left to be chosen.
 */
export function chooseArray(table: ArrayTable, before: ArrayChoice | null, use: Use, array: string): Chosen {
  const usedFor = (each: Use): string | null => (each === null ? table.labels : (table.inputs[each] ?? null));
  const former = usedFor(use);
  const other = [...Object.keys(table.inputs), null].find((each) => each !== use && usedFor(each) === array);
  const swapped = other !== undefined && former !== null && canBe(table, former, other) ? former : null;
  const changed = (each: Use): string | null => (each === use ? array : each === other ? swapped : usedFor(each));

  const inputs = Object.fromEntries(Object.keys(table.inputs).map((input) => [input, changed(input)]));
  const labels = changed(null);
  const isStated = (input: string): boolean =>
    input === use || input === other || before?.inputs?.[input] !== undefined || inputs[input] !== input;
  const stated = Object.entries(inputs).flatMap(([input, used]): [string, string][] =>
    used !== null && isStated(input) ? [[input, used]] : [],
  );
  const statesLabels = use === null || other === null || before?.labels !== undefined;
  return {
    choice: {
      ...(stated.length > 0 && { inputs: Object.fromEntries(stated) }),
      ...(statesLabels && labels !== null && { labels }),
    },
    table: { ...table, inputs, labels },
    words: wordsOf(use, array, other, swapped),
  };
}

function canBe({ arrays }: ArrayTable, name: string, use: Use): boolean {
  const array = arrays.find((each) => each.name === name);
  return array !== undefined && (use === null ? array.noLabels === null : array.unfit[use] === undefined);
}

function wordsOf(use: Use, array: string, other: Use | undefined, swapped: string | null): string {
  const now = isFor(array, use);
  if (other === undefined) return now;
  if (swapped !== null) return `${now}, and ${isFor(swapped, other)} in its place`;
  return `${now}; choose another array for ${other === null ? 'the labels' : other}`;
}

function isFor(array: string, use: Use): string {
  return use === null ? `${array} holds the labels` : `${array} feeds ${use}`;
}
