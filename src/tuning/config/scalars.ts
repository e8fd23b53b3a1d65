import type { Cursor } from './cursor.ts';
import type { Plain, Shape } from './shape.ts';

interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

export const anyText: Shape<string> = {
  accepts: 'text',
  read(cursor) {
    if (cursor.node.kind !== 'scalar') throw cursor.invalid(this.accepts);
    return cursor.node.text;
  },
  write: (value) => value,
};

/** YAML 1.1 words (yes, off) count too: files written for Neural Compressor use them. */
export const flag: Shape<boolean> = {
  accepts: 'true or false',
  words: ['true', 'false'],
  read(cursor) {
    const { node } = cursor;
    if (node.kind === 'scalar') {
      if (typeof node.value === 'boolean') return node.value;
      if (/^(yes|on)$/i.test(node.text)) return true;
      if (/^(no|off)$/i.test(node.text)) return false;
    }
    throw cursor.invalid(this.accepts, ['true', 'false']);
  },
  write: (value) => value,
};

export function real(bounds: Bounds = {}): Shape<number> {
  return bounded('a number', bounds, Number.isFinite);
}

export function integer(bounds: Bounds = {}): Shape<number> {
  return bounded('an integer', bounds, Number.isSafeInteger);
}

function bounded(
  noun: string,
  { min = -Infinity, max = Infinity }: Bounds,
  fits: (value: number) => boolean,
): Shape<number> {
  const limits = [Number.isFinite(min) ? `at least ${min}` : '', Number.isFinite(max) ? `at most ${max}` : ''];
  return {
    accepts: [noun, limits.filter(Boolean).join(' and ')].filter(Boolean).join(', '),
    read(cursor) {
      const value = cursor.node.kind === 'scalar' ? cursor.node.value : null;
      if (typeof value !== 'number' || !fits(value) || value < min || value > max) throw cursor.invalid(this.accepts);
      return value;
    },
    write: (value) => value,
  };
}

/** A number, or a percentage such as `1%` (0.01). */
export function share(accepts: string, fits: (value: number) => boolean): Shape<number> {
  return {
    accepts,
    read(cursor) {
      const value = toShare(cursor);
      if (value === undefined || !Number.isFinite(value) || !fits(value)) throw cursor.invalid(accepts);
      return value;
    },
    write: (value) => value,
  };
}

function toShare(cursor: Cursor): number | undefined {
  if (cursor.node.kind !== 'scalar') return undefined;
  if (typeof cursor.node.value === 'number') return cursor.node.value;
  const percent = /^\s*([-+]?(?:\d+\.?\d*|\.\d+))\s*%\s*$/.exec(cursor.node.text);
  return percent === null ? undefined : Number(percent[1]) / 100;
}

interface ChoiceMore<T> {
  /** Values that Neural Compressor knows and Octet refuses, with the reason: `config-unsupported`. */
  readonly unsupported?: Readonly<Record<string, string>>;
  /** Values read as another one, with a warning that says why. */
  readonly readAs?: Readonly<Record<string, { readonly value: T; readonly because: string }>>;
}

/** One of a closed set of words; the table maps the YAML word to the value in the settings. */
export function choice<const T extends string>(table: Readonly<Record<string, T>>, more: ChoiceMore<T> = {}): Shape<T> {
  const words = Object.keys(table);
  const byWord = new Map(Object.entries(table));
  const unsupported = new Map(Object.entries(more.unsupported ?? {}));
  const readAs = new Map(Object.entries(more.readAs ?? {}));
  return {
    accepts: words.join(', '),
    words,
    read(cursor) {
      const word = cursor.node.kind === 'scalar' ? cursor.node.text : '';
      const value = byWord.get(word);
      if (value !== undefined) return value;
      const replaced = readAs.get(word);
      if (replaced !== undefined) {
        cursor.warn(
          'config-value-replaced',
          `${cursor.path}: ${word} is read as ${replaced.value}: ${replaced.because}`,
        );
        return replaced.value;
      }
      const reason = unsupported.get(word);
      if (reason === undefined) throw cursor.invalid(this.accepts, words);
      throw cursor.fault('config-unsupported', {
        message: `${cursor.path}: ${word} is not supported: ${reason}`,
        found: word,
        accepted: this.accepts,
        next: 'Choose one of the accepted values.',
      });
    },
    write: (value): Plain => words.find((word) => table[word] === value) ?? value,
  };
}

/** A choice whose YAML words are the values themselves. */
export function oneOf<const T extends string>(values: readonly T[], more: ChoiceMore<T> = {}): Shape<T> {
  return choice(Object.fromEntries(values.map((value) => [value, value])) as Record<T, T>, more);
}
