import type { Tensor } from '../base/tensor.ts';
import { baseName } from './byte-source.ts';
import type { RecognisedFile } from './recognised-files.ts';

const LIST_FILE =
  /^(labels?|class(es)?([_-]?names?)?|categories|synset(_words)?|names|id2label|.*[_-](labels|classes))\.(txt|names|json)$/i;

/** Whether a file is called like a list of the names of classes. */
export function isClassList(path: string): boolean {
  return LIST_FILE.test(baseName(path));
}

/** A list of names in order, from `["cat", "dog"]` or `{"0": "cat", "1": "dog"}` or `{"cat": 0, "dog": 1}`. */
function fromJson(value: unknown): string[] | undefined {
  if (Array.isArray(value)) return value.every((name) => typeof name === 'string') ? (value as string[]) : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const entries = Object.entries(value).map(([key, name]: [string, unknown]): [number, string] =>
    typeof name === 'number' ? [name, key] : [Number(key), typeof name === 'string' ? name : ''],
  );
  const names: string[] = [];
  for (const [number, name] of entries) {
    if (!Number.isInteger(number) || number < 0 || number > 1e6 || name === '') return undefined;
    names[number] = name;
  }
  const isDense = names.length === entries.length;
  return isDense && names.length > 0 ? names : undefined;
}

/** Python's way to print a dict or list of strings, which exporters leave in the metadata, as JSON. */
function fromPython(text: string): string {
  return text
    .replace(/'((?:[^'\\]|\\.)*)'/g, (_, inner: string) => JSON.stringify(inner.replace(/\\'/g, "'")))
    .replace(/([{,]\s*)(\d+)\s*:/g, '$1"$2":');
}

/**
 * The names of classes in order, from a JSON or Python list or dict, or one name a line; undefined where the text is no such list:
 * numbers and names of pictures are none.
 */
export function parseClassNames(text: string): readonly string[] | undefined {
  const trimmed = text.trim();
  if (/^[[{]/.test(trimmed)) {
    for (const candidate of [trimmed, fromPython(trimmed)]) {
      try {
        return fromJson(JSON.parse(candidate));
      } catch {
        // Not this notation.
      }
    }
    return undefined;
  }
  const lines = trimmed.split(/\r?\n/).map((line) => line.trim());
  const isNames = lines.every((line) => line !== '' && !/^[-+\d.eE\s,]+$|^\S+\.(png|jpe?g)\b/i.test(line));
  return isNames ? lines : undefined;
}

/** The list among the files that names the classes; undefined where there is none. */
export async function findClassNames(
  files: readonly RecognisedFile[],
): Promise<{ readonly file: RecognisedFile; readonly names: readonly string[] } | undefined> {
  for (const file of files) {
    if (!isClassList(file.source.path)) continue;
    const names = parseClassNames(new TextDecoder().decode(await file.source.read()));
    if (names) return { file, names };
  }
  return undefined;
}

export interface NumberedClasses {
  readonly numbers: readonly number[];
  /** By class number. */
  readonly names: readonly string[];
  readonly isListed: boolean;
}

/**
 * Class numbers of names. Where a list in the model's order holds all of them, by that (a line `n01440764 tench, …` is also known
 * by its first word); else in sorted order, as torchvision and Keras number folders.
 */
export function numberNames(labels: readonly string[], list?: readonly string[]): NumberedClasses {
  const distinct = [...new Set(labels)].sort();
  const known = new Map<string, number>();
  list?.forEach((name, number) => known.set((name.split(/[\s,]/)[0] ?? '').toLowerCase(), number));
  list?.forEach((name, number) => known.set(name.toLowerCase(), number));
  if (list && distinct.every((name) => known.has(name.toLowerCase()))) {
    return { numbers: labels.map((label) => known.get(label.toLowerCase()) as number), names: list, isListed: true };
  }
  const order = new Map(distinct.map((name, number) => [name, number]));
  return { numbers: labels.map((label) => order.get(label) as number), names: distinct, isListed: false };
}

export function classTensor(numbers: readonly number[]): Tensor {
  return { type: 'int64', dims: [numbers.length], data: BigInt64Array.from(numbers, BigInt) };
}
