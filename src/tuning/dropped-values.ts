import { Fault } from '../base/fault.ts';
import type { Warning } from '../base/fault-codes.ts';
import type { ConstraintEntry } from './constraint-entry.ts';
import type { ConstraintItem } from './constraint-items.ts';

interface ListRecord {
  readonly entry: ConstraintEntry;
  readonly item: ConstraintItem;
  readonly listed: readonly string[];
  readonly possible: Set<string>;
  /** Ops that cannot have a listed value, by value. */
  readonly dropped: Map<string, string[]>;
}

/** Collects listed values that ops could not have, over the whole model, so that each list is reported once. */
export class DroppedValues {
  readonly #lists = new Map<string, ListRecord>();
  readonly #overridden: Warning[] = [];

  /** An op to which the list of `item` in `entry` applies, and the values that the op could have. */
  note(
    entry: ConstraintEntry,
    item: ConstraintItem,
    opName: string,
    listed: readonly string[],
    possible: readonly string[],
  ): void {
    const place = `${entry.path}.${item.path}`;
    const record = this.#lists.get(place) ?? { entry, item, listed, possible: new Set(), dropped: new Map() };
    this.#lists.set(place, record);
    for (const value of possible) record.possible.add(value);
    for (const value of listed) {
      if (!possible.includes(value)) record.dropped.set(value, [...(record.dropped.get(value) ?? []), opName]);
    }
  }

  /** Op and type lists with nothing in common: the op's list is used. */
  override<L extends { readonly values: readonly string[]; readonly places: readonly string[] }>(
    op: L,
    type: L,
    opName: string,
  ): L {
    this.#overridden.push({
      code: 'config-overridden',
      place: type.places.join(' and '),
      message: `For the op ${opName}, ${op.values.join(', ')} of ${op.places.join(' and ')} replaces ${type.values.join(', ')}.`,
    });
    return op;
  }

  /** One warning per value; throws `config-empty-space` for a list of which no op can have any int8 value. */
  report(): Warning[] {
    const warnings: Warning[] = [];
    for (const [place, { item, listed, possible, dropped }] of this.#lists) {
      const wanted = listed.filter((value) => value !== 'fp32');
      if (wanted.length > 0 && !wanted.some((value) => possible.has(value)))
        throw unavailable(place, item, wanted, possible);
      for (const [value, names] of dropped) {
        const message = `${value} is not possible for ${countOps(names)} and is left out there.`;
        warnings.push({ code: 'config-value-dropped', place, message });
      }
    }
    return [...warnings, ...this.#overridden];
  }
}

function unavailable(
  place: string,
  item: ConstraintItem,
  wanted: readonly string[],
  possible: ReadonlySet<string>,
): Fault {
  return new Fault('config-empty-space', {
    message: `No op that ${place} speaks of can have ${item.path} ${wanted.join(' or ')}.`,
    place,
    found: wanted.join(', '),
    accepted: [...possible].join(', '),
    next: 'Use one of the accepted values, or remove the list.',
  });
}

/** "3 ops (a, b, c)", at most five names. */
export function countOps(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return `${names.length} ${names.length === 1 ? 'op' : 'ops'} (${shown}${names.length > 5 ? ', …' : ''})`;
}
