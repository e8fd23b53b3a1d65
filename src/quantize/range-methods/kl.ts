import type { Histogram } from '../observer.ts';
import { edgeRange, keepsLowerEdge, keepsUpperEdge, type RangeMethodRule } from './range-method.ts';

const LEVELS = 255;
/** Candidates stand LEVELS / 16 bins apart; narrower ranges than LEVELS bins have no coarser form to compare with. */
const STRIDE = 16;
const SMOOTHING = 1e-4;

/**
 * The range whose quantized histogram stays closest to the original in Kullback–Leibler divergence: the calibrator of
 * TensorRT and ONNX Runtime, but over 2048 bins, each side on its own, without truncation to integers
 * (onnxruntime.quantization.calibrate has one single candidate at its defaults).
 */
export const kl: RangeMethodRule = {
  name: 'kl',
  help: 'The range whose histogram in 8 bits stays closest to the original (Kullback–Leibler divergence).',
  range(histogram) {
    const counts = withoutSpikes(histogram);
    const bins = counts.length;
    let [low, high] = [0, bins];
    if (!keepsUpperEdge(histogram)) {
      high = least(descending(low + LEVELS, bins), (edge) => divergence(counts, low, edge));
    }
    if (!keepsLowerEdge(histogram)) {
      low = least(ascending(high - LEVELS), (edge) => divergence(counts, edge, high));
    }
    return containZero(histogram, low, high);
  },
};

/**
 * Relu and Clip pile values up on one number, which any range represents exactly; left in, the spike outweighs the shape of
 * all the rest. The bin of 0 and the outermost bins take the count of their neighbour, as TensorRT does for the first.
 */
function withoutSpikes({ min, max, counts }: Histogram): Float64Array {
  const smooth = counts.slice();
  const last = counts.length - 1;
  const zero = Math.floor((-min / (max - min)) * counts.length);
  if (zero > 0 && zero < last) smooth[zero] = ((counts[zero - 1] as number) + (counts[zero + 1] as number)) / 2;
  smooth[0] = Math.min(counts[0] as number, counts[1] as number);
  smooth[last] = Math.min(counts[last] as number, counts[last - 1] as number);
  return smooth;
}

function descending(from: number, to: number): number[] {
  const edges: number[] = [];
  for (let edge = to; edge >= from; edge -= STRIDE) edges.push(edge);
  return edges.length > 0 ? edges : [to];
}

function ascending(to: number): number[] {
  const edges: number[] = [];
  for (let edge = 0; edge <= to; edge += STRIDE) edges.push(edge);
  return edges.length > 0 ? edges : [0];
}

function least(edges: readonly number[], cost: (edge: number) => number): number {
  let chosen = edges[0] as number;
  let smallest = Infinity;
  for (const edge of edges) {
    const found = cost(edge);
    if (found < smallest) [smallest, chosen] = [found, edge];
  }
  return chosen;
}

/** A cut never crosses 0: the range would be widened again. */
function containZero(histogram: Histogram, low: number, high: number): ReturnType<typeof edgeRange> {
  const range = edgeRange(histogram, low, high);
  return { min: Math.min(range.min, Math.max(0, histogram.min)), max: Math.max(range.max, Math.min(0, histogram.max)) };
}

/** KL(P ‖ Q): P the bins of [low, high) with the clipped mass on the edges, Q the same bins averaged in LEVELS groups. */
export function divergence(counts: Float64Array, low: number, high: number): number {
  const length = high - low;
  const p = counts.slice(low, high);
  for (let bin = 0; bin < low; bin++) p[0] = (p[0] as number) + (counts[bin] as number);
  for (let bin = high; bin < counts.length; bin++) p[length - 1] = (p[length - 1] as number) + (counts[bin] as number);
  const q = new Float64Array(length);
  for (let level = 0; level < LEVELS; level++) {
    const start = Math.floor((level * length) / LEVELS);
    const end = Math.floor(((level + 1) * length) / LEVELS);
    spread(counts, p, q, low, start, end);
  }
  return klDivergence(p, q);
}

/** Spreads a group's unclipped mass evenly over its bins that P has values in. */
function spread(counts: Float64Array, p: Float64Array, q: Float64Array, low: number, start: number, end: number): void {
  let mass = 0;
  let occupied = 0;
  for (let bin = start; bin < end; bin++) {
    mass += counts[low + bin] as number;
    if ((p[bin] as number) > 0) occupied++;
  }
  if (occupied === 0) return;
  for (let bin = start; bin < end; bin++) if ((p[bin] as number) > 0) q[bin] = mass / occupied;
}

function klDivergence(p: Float64Array, q: Float64Array): number {
  const total = { p: 0, q: 0 };
  for (let i = 0; i < p.length; i++) {
    total.p += p[i] as number;
    total.q += Math.max(q[i] as number, SMOOTHING);
  }
  let sum = 0;
  for (let i = 0; i < p.length; i++) {
    const share = (p[i] as number) / total.p;
    if (share > 0) sum += share * Math.log(share / (Math.max(q[i] as number, SMOOTHING) / total.q));
  }
  return sum;
}
