import Papa from 'papaparse';
import { Fault } from '../../base/fault.ts';
import { elementCount } from '../../base/tensor.ts';
import type { ByteSource } from '../byte-source.ts';
import { recordColumns, type Cell, type RecordTable } from '../record-table.ts';
import { leftAside, onlyFile, type Loader, type LoadRequest } from './loader.ts';

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
/** Numbers with blanks, commas or semicolons between, with or without brackets: token ids. */
const LIST = /^\[?\s*[-+\d.e]+([\s,;]+[-+\d.e]+)+\s*\]?$|^\[\s*[-+\d.e]*\s*\]$/i;

function cellOf(text: string): Cell {
  const trimmed = text.trim();
  if (NUMBER.test(trimmed)) return Number(trimmed);
  if (!LIST.test(trimmed)) return trimmed;
  const parts = trimmed
    .replace(/[[\]]/g, ' ')
    .trim()
    .split(/[\s,;]+/);
  const numbers = parts.filter((part) => part !== '').map(Number);
  return numbers.some(Number.isNaN) ? trimmed : numbers;
}

/** Whether the values of a column could be classes: whole numbers or words, fewer kinds than rows. */
function couldBeClasses(rows: readonly (readonly Cell[])[], column: number): boolean {
  const values = rows.map((row) => row[column]);
  const areClasses = values.every(
    (value) => typeof value === 'string' || (Number.isInteger(value) && Number(value) >= 0),
  );
  return areClasses && new Set(values).size < rows.length;
}

/** Names for a table without a header: the column that is too many is the label, the last rather than the first. */
function namedColumns(
  rows: readonly (readonly Cell[])[],
  { inputs }: LoadRequest,
): { fields: string[]; assumed: string[] } {
  const width = rows[0]?.length ?? 0;
  const wanted = inputs[0]?.dims.slice(1) ?? [];
  const features = wanted.every((dim) => dim !== null) ? elementCount(wanted) : undefined;
  const isTooMany = features === undefined || width === features + 1;
  const label = isTooMany && width > 1 ? [width - 1, 0].find((column) => couldBeClasses(rows, column)) : undefined;
  const fields = Array.from({ length: width }, (_, column) => (column === label ? 'label' : `column ${column}`));
  if (label === undefined) return { fields, assumed: [] };
  return {
    fields,
    assumed: [`The table has no header: its ${label === 0 ? 'first' : 'last'} column is taken for the labels.`],
  };
}

async function readCsv(
  source: ByteSource,
  request: LoadRequest,
): Promise<RecordTable & { assumed: readonly string[] }> {
  const text = new TextDecoder().decode(await source.read()).replace(/^\ufeff/, '');
  const { data, errors } = Papa.parse<string[]>(text, { skipEmptyLines: 'greedy' });
  const [quotes] = errors.filter(({ type }) => type === 'Quotes');
  if (quotes) throw malformed(source, (quotes.row ?? 0) + 1, quotes.message);
  const cells = data.map((row) => row.map(cellOf));
  const hasHeader = (data[0] ?? []).every((name) => !NUMBER.test(name.trim()) && !name.trim().startsWith('['));
  const body = hasHeader ? cells.slice(1) : cells;
  const { fields, assumed } = hasHeader
    ? { fields: (data[0] ?? []).map((name) => name.trim()), assumed: [] }
    : namedColumns(body, request);
  const first = hasHeader ? 2 : 1;
  const uneven = body.findIndex((row) => row.length !== fields.length);
  if (uneven >= 0) {
    const found = `${body[uneven]?.length ?? 0} cells in place of ${fields.length}`;
    throw malformed(source, uneven + first, found);
  }
  return { source, fields, rows: body, line: (row) => row + first, assumed };
}

function malformed(source: ByteSource, line: number, found: string): Fault {
  return new Fault('data-unreadable', {
    message: 'The table is not CSV throughout.',
    file: source.file,
    place: `${source.path}, line ${line}`,
    found,
    accepted: 'lines of as many cells, texts with separators in them quoted',
    next: 'Mend the line, or write the table again.',
  });
}

/** A table of numbers: a column for each feature, or lists of numbers (token ids) in the column of an input. */
export const csv: Loader = {
  name: 'csv',
  help: 'CSV or TSV with a column of numbers for each feature or a list of token ids, and a column label',
  accepts: (files) => files.some(({ format }) => format === 'csv'),
  async load(files, request) {
    const chosen = onlyFile(files, 'csv', 'tables');
    const { assumed, ...table } = await readCsv(chosen.source, request);
    const loaded = recordColumns(table, request);
    const rest = leftAside(files.filter((file) => file !== chosen));
    return { ...loaded, warnings: [...assumed, ...loaded.warnings, ...rest] };
  },
};
