/** A run of an edge beside the boxes, from one gap between them to another; places count gaps. */
export interface Run {
  readonly writer: number;
  readonly from: number;
  readonly to: number;
}

type Point = readonly [x: number, y: number];

const CORNER = 5;

/**
 * Lanes of the gutter, by writer: what one box writes shares a lane, and no two lanes overlap. First fit in order of their
 * starts takes as few as can be (colouring of an interval graph). Time: writers × lanes.
 */
export function gutterLanes(runs: readonly Run[]): { readonly laneOf: ReadonlyMap<number, number>; count: number } {
  const spans = new Map<number, { from: number; to: number }>();
  for (const { writer, from, to } of runs) {
    const span = spans.get(writer);
    spans.set(writer, { from: Math.min(from, span?.from ?? from), to: Math.max(to, span?.to ?? to) });
  }
  const ends: number[] = [];
  const laneOf = new Map<number, number>();
  for (const [writer, { from, to }] of [...spans].sort(([, a], [, b]) => a.from - b.from)) {
    const free = ends.findIndex((end) => end < from);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = to;
    laneOf.set(writer, lane);
  }
  return { laneOf, count: ends.length };
}

/** A line through the points with round corners, as an SVG path. */
export function roundedPath(points: readonly Point[]): string {
  const drawn = points.map((point, i) => {
    const [before, next] = [points[i - 1], points[i + 1]];
    if (!before) return `M${text(point)}`;
    if (!next) return `L${text(point)}`;
    const corner = Math.min(CORNER, distance(before, point) / 2, distance(point, next) / 2);
    return `L${text(towards(point, before, corner))}Q${text(point)} ${text(towards(point, next, corner))}`;
  });
  return drawn.join('');
}

function text([x, y]: Point): string {
  return `${x.toFixed(1)} ${y.toFixed(1)}`;
}

function distance([x0, y0]: Point, [x1, y1]: Point): number {
  return Math.hypot(x1 - x0, y1 - y0);
}

function towards(from: Point, to: Point, by: number): Point {
  const share = by / Math.max(1e-9, distance(from, to));
  return [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
}
