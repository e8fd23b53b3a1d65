import type { Cursor } from './cursor.ts';
import { listOf } from './lists.ts';
import { readNamed } from './named.ts';
import type { Names, NamedSpec } from './named.ts';
import { writeOptions } from './options.ts';
import { partKeys, type OutlineKey } from './outline.ts';
import { flag, real } from './scalars.ts';
import type { Plain, Shape } from './shape.ts';

/** Several metrics, with weights (null: each must meet the criterion by itself) and directions (null: the metrics' own). */
export interface MultiMetrics {
  readonly metrics: readonly NamedSpec[];
  readonly weight: readonly number[] | null;
  readonly higherIsBetter: readonly boolean[] | null;
}

const weights = listOf(real({ min: 0 }));
const directions = listOf(flag);

const MORE_KEYS: readonly OutlineKey[] = [
  {
    name: 'weight',
    help: 'Weight of each metric; without, each must meet the criterion by itself.',
    accepts: weights.accepts,
    default: null,
    words: [],
    keys: [],
  },
  {
    name: 'higher_is_better',
    help: 'Direction of each metric, where it is not its own.',
    accepts: directions.accepts,
    default: null,
    words: ['true', 'false'],
    keys: [],
  },
];

/** A map of metrics that also holds the keys `weight` and `higher_is_better`. */
export function multiMetrics(names: Names): Shape<MultiMetrics> {
  return {
    accepts: 'a map of metrics, with weight and higher_is_better',
    parts: [...partKeys(names.declared), ...MORE_KEYS],
    read(cursor) {
      if (cursor.node.kind !== 'map') throw cursor.invalid(this.accepts);
      const metrics = cursor
        .children()
        .filter(({ key }) => key !== 'weight' && key !== 'higher_is_better')
        .map(({ key, keyOffset, cursor: child }) => readNamed(key, child, keyOffset, names));
      if (metrics.length === 0) throw cursor.invalid('at least one metric');
      const weight = sameLength(cursor.child('weight'), weights, metrics.length);
      if (weight?.every((each) => each === 0)) throw cursor.invalid('weights of which one at least is above 0');
      return {
        metrics,
        weight,
        higherIsBetter: sameLength(cursor.child('higher_is_better'), directions, metrics.length),
      };
    },
    write({ metrics, weight, higherIsBetter }) {
      const written = new Map<string, Plain>(metrics.map(({ name, options }) => [name, writeOptions(options)]));
      if (weight !== null) written.set('weight', weight);
      if (higherIsBetter !== null) written.set('higher_is_better', higherIsBetter);
      return written;
    },
  };
}

function sameLength<T>(cursor: Cursor | undefined, shape: Shape<readonly T[]>, length: number): readonly T[] | null {
  if (cursor === undefined) return null;
  const values = shape.read(cursor);
  if (values.length !== length) throw cursor.invalid(`${length} values, one for each metric`);
  return values;
}
