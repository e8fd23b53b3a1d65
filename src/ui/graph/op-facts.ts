import { sensitivityOf } from '../../history/sensitivity.ts';
import type { SessionRecord } from '../../history/session-record.ts';
import type { CostTable } from '../../quantize/cost/cost-table.ts';
import type { OpReport } from '../../quantize/rewrite/report.ts';

/** What is known of one op of the offered model. */
export interface OpFacts extends OpReport {
  /** Milliseconds of one run as it is in the offered model, Q and DQ at its borders left aside; null where not measured. */
  readonly ms: number | null;
  readonly floatMs: number | null;
  /** Effect on the output in int8 alone; null where not measured. */
  readonly effect: number | null;
}

export function opFacts(ops: readonly OpReport[], record: SessionRecord): OpFacts[] {
  const costs = (record.notes['costs'] as unknown as CostTable | undefined)?.ops ?? {};
  const effects = new Map((sensitivityOf(record)?.ops ?? []).map(({ op, divergence }) => [op, divergence]));
  return ops.map((op) => {
    const cost = costs[op.name];
    const int8 = cost?.static ?? cost?.dynamic;
    const ms = op.precision === 'int8' ? (int8 ?? null) : (cost?.float ?? null);
    return { ...op, ms, floatMs: cost?.float ?? null, effect: effects.get(op.name) ?? null };
  });
}

export type Shade = 'precision' | 'effect' | 'time';

/** Shades that there are figures for. */
export function shadesOf(facts: readonly OpFacts[]): Shade[] {
  return [
    'precision',
    ...(facts.some(({ effect }) => effect !== null) ? (['effect'] as const) : []),
    ...(facts.some(({ ms }) => ms !== null) ? (['time'] as const) : []),
  ];
}

/** Strength of the colour of a box of these ops, 0 … 1: its share of the largest box; effects on a scale of decades. */
export function strengths(boxes: readonly (readonly OpFacts[])[], shade: Exclude<Shade, 'precision'>): number[] {
  const sizes = boxes.map((ops) =>
    ops.reduce((sum, op) => sum + Math.max(0, (shade === 'time' ? op.ms : op.effect) ?? 0), 0),
  );
  const largest = Math.max(...sizes, 0);
  if (largest === 0) return sizes.map(() => 0);
  return sizes.map((size) => {
    if (shade === 'time') return size / largest;
    return size === 0 ? 0 : Math.max(0, 1 + Math.log10(size / largest) / DECADES);
  });
}

/** Effects this many powers of ten below the largest are drawn as none. */
const DECADES = 4;

/** Shares of a box's ops by precision, in one order. */
export function precisionShares(ops: readonly OpFacts[]): { readonly precision: string; readonly share: number }[] {
  const kinds = ['int8', 'weights', 'float32'] as const;
  const kindOf = ({ precision }: OpFacts): string =>
    precision === 'int8' || precision === 'float32' ? precision : 'weights';
  return kinds
    .map((precision) => ({ precision, share: ops.filter((op) => kindOf(op) === precision).length / ops.length }))
    .filter(({ share }) => share > 0);
}
