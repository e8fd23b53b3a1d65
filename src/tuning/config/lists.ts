import type { Cursor } from './cursor.ts';
import type { Shape } from './shape.ts';
import { plainScalar } from './yaml-tree.ts';

interface ListMore {
  /** Words that Neural Compressor accepts here and Octet leaves out, with the reason. */
  readonly ignored?: Readonly<Record<string, string>>;
}

/** A YAML list, a single value, or a string split on commas (else on white space), as Neural Compressor reads lists. */
export function listOf<T>(item: Shape<T>, more: ListMore = {}): Shape<readonly T[]> {
  const ignored = new Map(Object.entries(more.ignored ?? {}));
  return {
    accepts: `a list of: ${item.accepts}`,
    ...(item.words && { words: item.words }),
    read(cursor) {
      if (cursor.node.kind === 'map') throw cursor.invalid(this.accepts);
      const kept = itemsOf(cursor).filter(({ node, path }) => {
        const reason = node.kind === 'scalar' ? ignored.get(node.text) : undefined;
        if (reason !== undefined) cursor.warn('config-value-ignored', `${path} is left out: ${reason}`, node.offset);
        return reason === undefined;
      });
      return kept.map((each) => item.read(each));
    },
    write: (values) => values.map((value) => item.write(value) ?? null),
  };
}

/** A list that constrains: without values (none given, or all left out) it is null, no constraint. */
export function constraintOf<T>(item: Shape<T>, more: ListMore = {}): Shape<readonly T[] | null> {
  const list = listOf(item, more);
  return {
    accepts: list.accepts,
    ...(list.words && { words: list.words }),
    read(cursor) {
      const values = [...new Set(list.read(cursor))];
      return values.length === 0 ? null : values;
    },
    write: (values) => (values === null ? undefined : list.write(values)),
  };
}

function itemsOf(cursor: Cursor): Cursor[] {
  const { node } = cursor;
  if (node.kind === 'list') return node.items.map((item, i) => cursor.item(item, i));
  if (node.kind === 'map') return [];
  const separator = node.text.includes(',') ? /\s*,\s*/ : /\s+/;
  const words = node.text.trim().split(separator).filter(Boolean);
  return words.map((word, i) => cursor.item(plainScalar(word, node.offset), i));
}
