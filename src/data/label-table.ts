import Papa from 'papaparse';
import { Fault } from '../base/fault.ts';
import type { Tensor } from '../base/tensor.ts';
import { baseName, type ByteSource } from './byte-source.ts';
import { classTensor, numberNames } from './class-names.ts';

/** What a table says of a picture. */
export interface LabelRow {
  readonly file: string;
  readonly label: string;
}

export interface LabelTable {
  readonly source: ByteSource;
  readonly rows: readonly LabelRow[];
  /** Header of the label column: `text` is read letter by letter, anything else as a class. */
  readonly holdsText: boolean;
}

const FILE_COLUMNS = ['file', 'filename', 'file_name', 'image', 'path', 'name'];
const LABEL_COLUMNS = ['label', 'labels', 'class', 'category', 'target'];
const TEXT_COLUMNS = ['text', 'transcription'];
const PICTURE = /\.(png|jpe?g)$/i;

/** Column numbers by header; a table without header has the file first and the label second. */
function findColumns(header: readonly string[]): { file: number; label: number; holdsText: boolean } | undefined {
  const names = header.map((name) => name.trim().toLowerCase());
  const find = (accepted: readonly string[]): number => names.findIndex((name) => accepted.includes(name));
  const file = find(FILE_COLUMNS);
  const label = find(LABEL_COLUMNS);
  const text = find(TEXT_COLUMNS);
  if (file < 0 || (label < 0 && text < 0)) return undefined;
  return { file, label: label >= 0 ? label : text, holdsText: label < 0 };
}

/**
 * A table of pictures and labels: CSV with the columns `file` and `label` or `text`, or lines of a file name and a label as in
 * ImageNet's val.txt. Undefined where the file is no such table.
 */
export async function readLabelTable(source: ByteSource): Promise<LabelTable | undefined> {
  const text = new TextDecoder().decode(await source.read());
  const delimiter = source.path.endsWith('.txt') ? ' ' : '';
  const { data } = Papa.parse<string[]>(text.trim(), { delimiter, skipEmptyLines: 'greedy' });
  const [header = []] = data;
  const headless = PICTURE.test(header[0] ?? '') && header.length >= 2;
  const columns = headless ? { file: 0, label: 1, holdsText: false } : findColumns(header);
  if (!columns) return undefined;
  const rows = data.slice(headless ? 0 : 1).map((cells) => ({
    file: (cells[columns.file] ?? '').trim().replace(/^\.\//, ''),
    label: cells[columns.label] ?? '',
  }));
  return { source, rows, holdsText: columns.holdsText };
}

export interface NumberedLabels {
  /** int64: [samples] classes, or [samples, longest text] letters filled up with 0. */
  readonly tensor: Tensor;
  readonly classNames?: readonly string[];
  /** Whether names are numbered in sorted order for want of a list. */
  readonly assumesOrder?: boolean;
  readonly warnings: readonly string[];
}

/** What fixes the numbers of labels that are no numbers. */
export interface LabelLists {
  /** The character of each class, for texts. */
  readonly characters?: readonly string[];
  readonly classNames?: readonly string[];
}

/** Whole numbers are classes as they stand; names are numbered by the list of classes, else in sorted order with a warning. */
export function numberClasses(labels: readonly string[], path: string, classNames?: readonly string[]): NumberedLabels {
  const trimmed = labels.map((label) => label.trim());
  if (trimmed.every((label) => /^-?\d+$/.test(label)))
    return { tensor: classTensor(trimmed.map(Number)), ...(classNames && { classNames }), warnings: [] };
  const { numbers, names, isListed } = numberNames(trimmed, classNames);
  const shown = names.slice(0, 5).map((name, i) => `${i} = ${name}`);
  const warning = `${baseName(path)} names ${names.length} classes; they are numbered in sorted order (${shown.join(', ')}${names.length > 5 ? ', …' : ''}).`;
  const warnings = isListed ? [] : [warning];
  return { tensor: classTensor(numbers), classNames: names, assumesOrder: !isListed, warnings };
}

/** Class k is line k of characters.txt, counted from 1; 0 fills up; the space comes after the last line unless it has one itself. */
function numberLetters(labels: readonly string[], characters: readonly string[], table: ByteSource): NumberedLabels {
  const classes = new Map(characters.map((character, line) => [character, line + 1]));
  if (!classes.has(' ')) classes.set(' ', characters.length + 1);
  const sequences = labels.map((label, row) =>
    [...label].map((letter) => {
      const found = classes.get(letter);
      if (found !== undefined) return found;
      throw new Fault('data-labels-range', {
        message: `The letter ${letter} is not in characters.txt.`,
        file: table.file,
        place: `${table.path}, sample ${row}`,
        found: label,
        next: 'Give the list of characters the model was trained with, one a line.',
      });
    }),
  );
  const longest = Math.max(1, ...sequences.map((sequence) => sequence.length));
  const data = new BigInt64Array(sequences.length * longest);
  sequences.forEach((sequence, row) => sequence.forEach((value, i) => (data[row * longest + i] = BigInt(value))));
  return { tensor: { type: 'int64', dims: [sequences.length, longest], data }, warnings: [] };
}

/** Numbers for the labels of the pictures, in their order. Throws `data-labels-range` for text that nothing turns into numbers. */
export function numberLabels(
  labels: readonly string[],
  table: LabelTable,
  { characters, classNames }: LabelLists,
): NumberedLabels {
  if (!table.holdsText || labels.every((label) => /^\d+$/.test(label.trim())))
    return numberClasses(labels, table.source.path, classNames);
  if (characters) return numberLetters(labels, characters, table.source);
  throw new Fault('data-labels-range', {
    message: 'The labels are texts, and nothing says which class each letter has.',
    file: table.source.file,
    place: table.source.path,
    found: labels[0] ?? '',
    accepted: 'a column label with class numbers, or a file characters.txt with the character of each class',
    next: 'Add characters.txt (class k is line k, class 0 the blank) to the data, or use a .npz with the array labels.',
  });
}
