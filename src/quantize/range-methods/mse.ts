import type { Histogram } from '../observer.ts';
import { edgeRange, keepsLowerEdge, keepsUpperEdge, type RangeMethodRule } from './range-method.ts';

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
    let [low, high] = [0, bins];
    for (let round = 0; round < 2; round++) {
      if (!keepsUpperEdge(histogram)) high = best(cuts(zero, bins), (edge) => squaredError(histogram, low, edge));
      if (!keepsLowerEdge(histogram)) low = best(cuts(zero, 0), (edge) => squaredError(histogram, edge, high));
    }
    return edgeRange(histogram, low, high);
  },
};

/** The bin edge nearest to 0, which the range always contains. */
function zeroEdge({ min, max, counts }: Histogram): number {
  if (min >= 0) return 0;
  if (max <= 0) return counts.length;
  return Math.round((-min / (max - min)) * counts.length);
}

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

function squaredError({ counts }: Histogram, low: number, high: number): number {
  const step = (high - low) / LEVELS;
  const rounding = (step * step) / 12;
  let sum = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    const count = counts[bin] as number;
    if (count === 0) continue;
    const centre = bin + 0.5;
    const outside = centre < low ? low - centre : centre > high ? centre - high : 0;
    sum += count * (outside > 0 ? outside * outside : rounding);
  }
  return sum;
}
