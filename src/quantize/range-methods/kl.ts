import type { Histogram } from '../observer.ts';
import { edgeRange, keepsLowerEdge, keepsUpperEdge, zeroEdge, type RangeMethodRule } from './range-method.ts';

const LEVELS = 255;
/** Candidate cuts per side; ranges narrower than LEVELS bins have no coarser form to compare with. */
const CANDIDATES = 128;
const SMOOTHING = 1e-4;

/**
 * The range whose quantized histogram stays closest to the original in Kullback–Leibler divergence: the calibrator of
 * TensorRT and ONNX Runtime, but over thousands of bins, each side on its own, without truncation to integers
 * (onnxruntime.quantization.calibrate has one single candidate at its defaults).
 */
export const kl: RangeMethodRule = {
  name: 'kl',
  help: 'The range whose histogram in 8 bits stays closest to the original (Kullback–Leibler divergence).',
  range(histogram) {
    const counts = withoutSpikes(histogram);
    const bins = counts.length;
    const divergence = divergences(counts);
    let [low, high] = [0, bins];
    if (!keepsUpperEdge(histogram)) {
      high = least(descending(low + LEVELS, bins), (edge) => divergence(low, edge));
    }
    if (!keepsLowerEdge(histogram)) {
      low = least(ascending(high - LEVELS), (edge) => divergence(edge, high));
    }
    return containZero(histogram, low, high);
  },
};

/**
 * Relu and Clip pile values up on one number, which any range represents exactly; left in, the spike outweighs the shape of
 * all the rest. The bin of 0 and the outermost bins take the count of their neighbour, as TensorRT does for the first.
 */
function withoutSpikes(histogram: Histogram): Float64Array {
  const { counts } = histogram;
  const smooth = counts.slice();
  const last = counts.length - 1;
  const zero = zeroEdge(histogram);
  if (zero > 0 && zero < last) smooth[zero] = ((counts[zero - 1] as number) + (counts[zero + 1] as number)) / 2;
  smooth[0] = Math.min(counts[0] as number, counts[1] as number);
  smooth[last] = Math.min(counts[last] as number, counts[last - 1] as number);
  return smooth;
}

function descending(from: number, to: number): number[] {
  const edges: number[] = [];
  for (let edge = to; edge >= from; edge -= stride(to)) edges.push(edge);
  return edges.length > 0 ? edges : [to];
}

function ascending(to: number): number[] {
  const edges: number[] = [];
  for (let edge = 0; edge <= to; edge += stride(to)) edges.push(edge);
  return edges.length > 0 ? edges : [0];
}

function stride(bins: number): number {
  return Math.max(1, Math.floor(bins / CANDIDATES));
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

/**
 * KL(P ‖ Q) over the bins of [low, high): P their counts with the clipped mass on the edges, Q the same bins averaged in LEVELS
 * groups over those that P has values in. Σ p ln p and the groups' sums come from running sums, so that a candidate costs
 * LEVELS steps.
 */
export function divergences(counts: Float64Array): (low: number, high: number) => number {
  const mass = running(counts, (count) => count);
  const occupied = running(counts, (count) => (count > 0 ? 1 : 0));
  const entropy = running(counts, xlnx);
  const total = mass.at(-1) as number;
  const countAt = (bin: number): number => counts[bin] as number;
  const sum = (sums: Float64Array, from: number, to: number): number => (sums[to] as number) - (sums[from] as number);
  return (low, high) => {
    const [below, above] = [sum(mass, 0, low), sum(mass, high, counts.length)];
    const [first, last] = [countAt(low) + below, countAt(high - 1) + above];
    let selfTerm = sum(entropy, low, high) + xlnx(first) - xlnx(countAt(low));
    selfTerm += high - 1 === low ? 0 : xlnx(last) - xlnx(countAt(high - 1));
    let crossTerm = 0;
    let totalQ = 0;
    let start = low;
    for (let level = 1; level <= LEVELS; level++) {
      const end = low + Math.floor((level * (high - low)) / LEVELS);
      if (end === start) continue;
      const isFirst = start === low;
      const isLast = end === high;
      const wins =
        (isFirst && countAt(low) === 0 && below > 0 ? 1 : 0) + (isLast && countAt(high - 1) === 0 && above > 0 ? 1 : 0);
      const bins = sum(occupied, start, end) + wins;
      const own = sum(mass, start, end);
      const inP = own + (isFirst ? below : 0) + (isLast ? above : 0);
      const q = bins > 0 ? Math.max(own / bins, SMOOTHING) : SMOOTHING;
      totalQ += bins * q + (end - start - bins) * SMOOTHING;
      if (inP > 0) crossTerm += inP * Math.log(q);
      start = end;
    }
    return (selfTerm - crossTerm) / total + Math.log(totalQ / total);
  };
}

function xlnx(value: number): number {
  return value > 0 ? value * Math.log(value) : 0;
}

/** Sums over the first 0, 1, 2 … bins. */
function running(counts: Float64Array, valueOf: (count: number) => number): Float64Array {
  const sums = new Float64Array(counts.length + 1);
  counts.forEach((count, bin) => (sums[bin + 1] = (sums[bin] as number) + valueOf(count)));
  return sums;
}
