import type { Rng } from '../../base/rng.ts';
import type { Point } from './choice-space.ts';
import type { Explored } from './explored.ts';

/** Up to here every new point is scored; beyond, a sample of them and what lies around the best. */
const ALL_POINTS = 20_000;
const SAMPLED_POINTS = 512;
const CLIMBS = 4;
const MAX_STEPS = 100;
/** Scores this close, relatively, are equal: they must not depend on the last bit of a platform's exp and log. */
const EQUAL = 1e-9;

interface Scored {
  readonly point: Point;
  readonly score: number;
}

/**
 * The new point of the highest score: exactly in a small space; else by climbing, one decision at a time, from the best of a
 * random sample and of the neighbourhood of `incumbents`. On equal scores the point that comes first in the space's order.
 * Null where every point is known.
 */
export function bestUnseen(
  explored: Explored,
  score: (point: Point) => number,
  incumbents: readonly Point[],
  rng: Rng,
): Point | null {
  if (explored.isComplete) return null;
  const scored = scorer(explored, score);
  if (explored.space.size <= ALL_POINTS) return best(scored(explored.space.points()))?.point ?? null;
  const pool = scored(poolOf(explored, incumbents, rng)).toSorted((a, b) => (precedes(a, b) ? -1 : 1));
  const tops = pool.slice(0, CLIMBS).map((start) => climb(start, (point) => scored(explored.space.neighbours(point))));
  return best(tops)?.point ?? explored.randomUnseen(rng);
}

function* poolOf({ space }: Explored, incumbents: readonly Point[], rng: Rng): Generator<Point> {
  for (let i = 0; i < SAMPLED_POINTS; i++) yield space.random(rng);
  for (const point of incumbents) yield* space.neighbours(point);
}

/** Scores new points, each once in all. */
function scorer(explored: Explored, score: (point: Point) => number): (points: Iterable<Point>) => Scored[] {
  const known = new Map<string, number>();
  return (points) => {
    const fresh = new Map<string, Scored>();
    for (const point of points) {
      if (explored.has(point)) continue;
      const key = point.join();
      const value = known.get(key) ?? score(point);
      known.set(key, value);
      fresh.set(key, { point, score: value });
    }
    return [...fresh.values()];
  };
}

function climb(start: Scored, neighbours: (point: Point) => readonly Scored[]): Scored {
  let at = start;
  for (let step = 0; step < MAX_STEPS; step++) {
    const next = best(neighbours(at.point));
    if (next === undefined || !isHigher(next.score, at.score)) break;
    at = next;
  }
  return at;
}

function best(candidates: readonly Scored[]): Scored | undefined {
  return candidates.reduce<Scored | undefined>(
    (found, each) => (found === undefined || precedes(each, found) ? each : found),
    undefined,
  );
}

function precedes(a: Scored, b: Scored): boolean {
  if (isHigher(a.score, b.score)) return true;
  if (isHigher(b.score, a.score)) return false;
  const at = a.point.findIndex((choice, i) => choice !== b.point[i]);
  return (a.point[at] ?? 0) < (b.point[at] ?? 0);
}

function isHigher(a: number, b: number): boolean {
  return a > b && !(a - b <= EQUAL * Math.max(Math.abs(a), Math.abs(b)));
}
