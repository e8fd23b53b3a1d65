import type { OpReport } from '../quantize/rewrite/report.ts';

/** Ops of one kind that fared alike. */
export interface OpGroup {
  readonly precision: OpReport['precision'];
  readonly opType: string;
  readonly reason: string | null;
  /** How many ops; `names` holds the first few. */
  readonly count: number;
  readonly names: readonly string[];
}

const NAMES_KEPT = 4;
const ORDER: readonly OpReport['precision'][] = ['int8', 'int8 weights', 'int4 weights', 'float16 weights', 'float32'];

/** Ops by precision, type and reason: int8 first, then the most frequent. */
export function groupOps(ops: readonly OpReport[]): OpGroup[] {
  const groups = new Map<string, OpReport[]>();
  for (const op of ops) {
    const key = JSON.stringify([op.precision, op.opType, op.reason ?? null]);
    groups.set(key, [...(groups.get(key) ?? []), op]);
  }
  return [...groups.values()]
    .flatMap((members): OpGroup[] => {
      const [first] = members;
      if (!first) return [];
      const { precision, opType, reason = null } = first;
      const names = members.slice(0, NAMES_KEPT).map(({ name }) => name);
      return [{ precision, opType, reason, count: members.length, names }];
    })
    .sort((a, b) => ORDER.indexOf(a.precision) - ORDER.indexOf(b.precision) || b.count - a.count);
}
