import { Fault } from '../../base/fault.ts';
import type { ByteSource } from '../byte-source.ts';
import { recordColumns, type Cell, type RecordTable } from '../record-table.ts';
import { leftAside, onlyFile, type Loader } from './loader.ts';

function malformed(source: ByteSource, line: number, found: string): Fault {
  return new Fault('data-unreadable', {
    message: 'A line is no JSON object.',
    file: source.file,
    place: `${source.path}, line ${line}`,
    found,
    accepted: 'one JSON object a line: {"input_ids": [101, 2023, 102], "label": 1}',
    next: 'Mend the line, or write the file again.',
  });
}

function cellOf(value: unknown): Cell | undefined {
  if (typeof value === 'number' || typeof value === 'string') return value;
  if (typeof value === 'boolean') return Number(value);
  return Array.isArray(value) ? value.map((item) => cellOf(item) ?? '') : undefined;
}

async function readLines(source: ByteSource): Promise<RecordTable> {
  const lines = new TextDecoder().decode(await source.read()).split(/\r?\n/);
  const numbers: number[] = [];
  const objects: Record<string, unknown>[] = [];
  const fields = new Set<string>();
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (thrown) {
      throw malformed(source, i + 1, thrown instanceof Error ? thrown.message : String(thrown));
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw malformed(source, i + 1, line.slice(0, 60));
    numbers.push(i + 1);
    objects.push(value as Record<string, unknown>);
    for (const field of Object.keys(value)) fields.add(field);
  }
  const names = [...fields];
  return {
    source,
    fields: names,
    rows: objects.map((object) => names.map((name) => cellOf(object[name]))),
    line: (row) => numbers[row] ?? 0,
  };
}

/** JSON Lines: an object for each sample, with a field for each input. */
export const jsonl: Loader = {
  name: 'jsonl',
  help: 'JSON Lines with a field for each input (numbers, lists, token ids) and a field label',
  accepts: (files) => files.some(({ format }) => format === 'jsonl'),
  async load(files, request) {
    const chosen = onlyFile(files, 'jsonl', 'JSON Lines files');
    const loaded = recordColumns(await readLines(chosen.source), request);
    const rest = leftAside(files.filter((file) => file !== chosen));
    return { ...loaded, warnings: [...loaded.warnings, ...rest] };
  },
};
