import type { OpReport } from '../quantize/rewrite/report.ts';

/** Ops of one kind that fared alike. */
export interface OpGroup {
  readonly precision: OpReport['precision'];
  readonly opType: string;
  readonly reason: string | null;
  /** How many ops; `names` holds the first few. */
  readonly count: number;
  readonly names: readonly string[];
  /** Sums over the ops; 0 where nothing is known. */
  readonly weightBytes: number;
  readonly timeShare: number;
}

const NAMES_KEPT = 4;
/** In the order in which they are shown. */
export const PRECISIONS: readonly OpReport['precision'][] = [
  'int8',
  'int8 weights',
  'int4 weights',
  'float16',
  'float16 weights',
  'float32',
];

/** Share of the ops, of their weights' bytes and of the float model's time that computes in int8, 0 … 1; null where nothing is known. */
export interface Coverage {
  readonly ops: number;
  readonly weightBytes: number | null;
  readonly time: number | null;
}

export function coverage(groups: readonly OpGroup[]): Coverage {
  const share = (of: (group: OpGroup) => number): number | null => {
    const total = groups.reduce((sum, group) => sum + of(group), 0);
    const int8 = groups.filter(({ precision }) => precision === 'int8').reduce((sum, group) => sum + of(group), 0);
    return total > 0 ? int8 / total : null;
  };
  return {
    ops: share(({ count }) => count) ?? 0,
    weightBytes: share(({ weightBytes }) => weightBytes),
    time: share(({ timeShare }) => timeShare),
  };
}

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
      const weightBytes = members.reduce((sum, op) => sum + (op.weightBytes ?? 0), 0);
      const timeShare = members.reduce((sum, op) => sum + (op.timeShare ?? 0), 0);
      return [{ precision, opType, reason, count: members.length, names, weightBytes, timeShare }];
    })
    .sort((a, b) => PRECISIONS.indexOf(a.precision) - PRECISIONS.indexOf(b.precision) || b.count - a.count);
}
