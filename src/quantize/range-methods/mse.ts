import type { Histogram } from '../observer.ts';
import { edgeRange, keepsLowerEdge, keepsUpperEdge, zeroEdge, type RangeMethodRule } from './range-method.ts';

const LEVELS = 255;
/** Candidate cuts per side: 64 steps of 1.5 % each reach down to a twentieth of the range. */
const CANDIDATES = 64;
const SHRINK = 0.955;

/** Σ counts · (value − dq(q(value)))²: clipping outside [low, high], rounding (step² / 12) inside. Bins stand at their centres. */
export const mse: RangeMethodRule = {
  name: 'mse',
  help: 'The range with the least squared error of rounding and clipping together.',
  range(histogram) {
    const bins = histogram.counts.length;
    const zero = zeroEdge(histogram);
    const error = squaredErrors(histogram);
    let [low, high] = [0, bins];
    for (let round = 0; round < 2; round++) {
      if (!keepsUpperEdge(histogram)) high = best(cuts(zero, bins), (edge) => error(low, edge));
      if (!keepsLowerEdge(histogram)) low = best(cuts(zero, 0), (edge) => error(edge, high));
    }
    return edgeRange(histogram, low, high);
  },
};

/** Edges from `outer` towards `zero`, geometrically. */
function cuts(zero: number, outer: number): number[] {
  const edges = new Set<number>();
  for (let i = 0; i < CANDIDATES; i++) edges.add(Math.round(zero + (outer - zero) * SHRINK ** i));
  edges.delete(zero);
  return edges.size > 0 ? [...edges] : [outer];
}

function best(edges: readonly number[], cost: (edge: number) => number): number {
  let chosen = edges[0] as number;
  let least = Infinity;
  for (const edge of edges) {
    const found = cost(edge);
    if (found < least) [least, chosen] = [found, edge];
  }
  return chosen;
}

/** The squared error of a range in bins squared, from sums over the bins in front of and behind every edge. */
function squaredErrors({ counts }: Histogram): (low: number, high: number) => number {
  const below = moments(counts, (edge) => edge - 1);
  const above = moments(counts, (edge) => counts.length - edge);
  const total = below.mass.at(-1) as number;
  return (low, high) => {
    const step = (high - low) / LEVELS;
    const [left, right] = [outside(below, low, low), outside(above, counts.length - high, high)];
    return left.error + right.error + ((total - left.mass - right.mass) * step * step) / 12;
  };
}

/** Sums of count, count · centre and count · centre² over the first `n` bins in an order. */
interface Moments {
  readonly mass: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

function moments(counts: Float64Array, binAt: (n: number) => number): Moments {
  const size = counts.length + 1;
  const sums = { mass: new Float64Array(size), first: new Float64Array(size), second: new Float64Array(size) };
  for (let n = 1; n < size; n++) {
    const bin = binAt(n);
    const [count, centre] = [counts[bin] as number, bin + 0.5];
    sums.mass[n] = (sums.mass[n - 1] as number) + count;
    sums.first[n] = (sums.first[n - 1] as number) + count * centre;
    sums.second[n] = (sums.second[n - 1] as number) + count * centre * centre;
  }
  return sums;
}

/** Mass of the outermost `n` bins, and its squared distance from `edge`. */
function outside({ mass, first, second }: Moments, n: number, edge: number): { mass: number; error: number } {
  const count = mass[n] as number;
  return { mass: count, error: edge * edge * count - 2 * edge * (first[n] as number) + (second[n] as number) };
}
