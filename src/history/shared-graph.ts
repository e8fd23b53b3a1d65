import type { OpReport } from '../quantize/rewrite/report.ts';
import { isCount, isText, listOf, nullable, oneOf, record } from './checks.ts';
import { PRECISIONS } from './op-groups.ts';
import type { TuneReport } from './tune-report.ts';

/** Ops and edges in few characters: ops of one kind share its words, edges are told by their distance to the one before. */
export interface SharedGraph {
  readonly kinds: readonly (Pick<OpReport, 'opType' | 'precision'> & { readonly reason: string | null })[];
  readonly names: readonly string[];
  /** Place in `kinds` by op. */
  readonly kindOf: readonly number[];
  /** Two numbers an edge, sorted by writer: writer − writer of the edge before, reader (both by place). */
  readonly edges: readonly number[];
}

/** Ops and what reads what, as a report has them. */
export interface ReportGraph {
  readonly ops: readonly OpReport[];
  readonly edges: readonly (readonly [number, number])[];
}

/** Null where the report knows no edges. */
export function reportGraph(offer: TuneReport['offer']): ReportGraph | null {
  return offer?.edges ? { ops: offer.ops, edges: offer.edges } : null;
}

export function packGraph({ ops, edges }: ReportGraph): SharedGraph {
  const kinds = new Map<string, { kind: SharedGraph['kinds'][number]; place: number }>();
  const kindOf = ops.map(({ opType, precision, reason = null }) => {
    const key = JSON.stringify([opType, precision, reason]);
    const known = kinds.get(key) ?? { kind: { opType, precision, reason }, place: kinds.size };
    kinds.set(key, known);
    return known.place;
  });
  let before = 0;
  const flat = [...edges]
    .sort(([a, b], [c, d]) => a - c || b - d)
    .flatMap(([from, to]) => {
      const step = from - before;
      before = from;
      return [step, to];
    });
  return {
    kinds: [...kinds.values()].map(({ kind }) => kind),
    names: ops.map(({ name }) => name),
    kindOf,
    edges: flat,
  };
}

/** The graph of `packGraph`, without sizes and times; null for what is none. */
export function unpackGraph(value: unknown): ReportGraph | null {
  if (!isSharedGraph(value)) return null;
  const { kinds, names, kindOf, edges } = value as SharedGraph;
  const ops = names.flatMap((name, i): OpReport[] => {
    const kind = kinds[kindOf[i] ?? -1];
    if (!kind) return [];
    const { opType, precision, reason } = kind;
    return [{ name, opType, precision, ...(reason !== null && { reason }) }];
  });
  const pairs: [number, number][] = [];
  let from = 0;
  for (let i = 0; i + 1 < edges.length; i += 2) pairs.push([(from += edges[i] ?? 0), edges[i + 1] ?? 0]);
  const isWhole = ops.length === names.length && kindOf.length === names.length && edges.length % 2 === 0;
  return isWhole && pairs.every((pair) => Math.max(...pair) < ops.length) ? { ops, edges: pairs } : null;
}

const isSharedGraph = record({
  kinds: listOf(record({ opType: isText, precision: oneOf(...PRECISIONS), reason: nullable(isText) })),
  names: listOf(isText),
  kindOf: listOf(isCount),
  edges: listOf(isCount),
});
