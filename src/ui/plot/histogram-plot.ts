import type { ValueBins } from '../../history/op-values.ts';
import { ticks } from './ticks.ts';

/** A named range over the histogram: what a range method, or 8-bit codes, reach. */
export interface RangeLine {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  readonly isUsed: boolean;
}

/** A histogram with one line per range above it, as plain geometry in pixels. */
export interface HistogramPlot {
  readonly bars: readonly {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    /** Whether it lies outside of the used range. */
    readonly isClipped: boolean;
  }[];
  /** One under the other; `x1` and `x2` are where it ends. */
  readonly ranges: readonly {
    readonly label: string;
    readonly isUsed: boolean;
    readonly y: number;
    readonly x1: number;
    readonly x2: number;
  }[];
  readonly xTicks: readonly { readonly x: number; readonly value: number }[];
  readonly yTicks: readonly { readonly y: number; readonly count: number }[];
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly baseY: number;
  readonly height: number;
}

const LEFT = 96;
const RIGHT = 14;
const RANGE_HEIGHT = 15;
const BARS_HEIGHT = 84;
const AXIS_HEIGHT = 22;
const GAP = 8;
/** Pixels of a bin that holds anything: one value among millions is what stretches a range. */
const LEAST_HEIGHT = 1.5;
/** A bin with this many times the count of the median one leaves nothing else to be seen. */
const SPIKE = 20;

/** Whether a few bins hold so much that counts are better read on a logarithmic scale. */
export function hasSpikes(counts: readonly number[]): boolean {
  const filled = counts.filter((count) => count > 0).sort((a, b) => a - b);
  return (filled.at(-1) ?? 0) > SPIKE * (filled[Math.floor(filled.length / 2)] ?? 0);
}

/** The horizontal axis holds all values and all ranges. `isLog`: heights by log(1 + count). */
export function histogramPlot(
  { min, max, origin, width: binWidth, counts }: ValueBins,
  lines: readonly RangeLine[],
  isLog: boolean,
  width: number,
): HistogramPlot {
  const right = Math.max(LEFT + 60, width - RIGHT);
  const top = lines.length * RANGE_HEIGHT + (lines.length > 0 ? GAP : 4);
  const baseY = top + BARS_HEIGHT;
  const low = Math.min(min, ...lines.map((line) => line.min));
  const high = Math.max(max, ...lines.map((line) => line.max));
  const span = high > low ? high - low : 1;
  const x = (value: number): number => LEFT + (right - LEFT) * Math.min(1, Math.max(0, (value - low) / span));
  const level = (count: number): number => (isLog ? Math.log1p(count) : count);
  const largest = Math.max(...counts, 1);
  const y = (count: number): number => baseY - (BARS_HEIGHT * level(count)) / level(largest);
  const used = lines.find(({ isUsed }) => isUsed);
  const bars = counts.flatMap((count, bin) => {
    if (count === 0) return [];
    const [from, to] = [origin + bin * binWidth, origin + (bin + 1) * binWidth];
    const [x1, x2] = high > low ? [x(from), x(to)] : [LEFT, right];
    const barTop = Math.min(y(count), baseY - LEAST_HEIGHT);
    return [
      {
        x: x1,
        y: barTop,
        width: Math.max(1, x2 - x1 - (x2 - x1 > 3 ? 0.5 : 0)),
        height: baseY - barTop,
        isClipped: used !== undefined && (from >= used.max || to <= used.min),
      },
    ];
  });
  return {
    bars,
    ranges: lines.map(({ label, isUsed, ...line }, row) => ({
      label,
      isUsed,
      y: (row + 0.5) * RANGE_HEIGHT,
      x1: x(line.min),
      x2: x(line.max),
    })),
    xTicks: (high > low ? ticks(low, high, width < 240 ? 3 : 5) : [low]).map((value) => ({ x: x(value), value })),
    yTicks: countTicks(largest, isLog).map((count) => ({ y: y(count), count })),
    left: LEFT,
    right,
    top,
    baseY,
    height: baseY + AXIS_HEIGHT,
  };
}

/** Powers of ten, at most three of them, on a logarithmic scale; else the half of a round number and itself. */
function countTicks(largest: number, isLog: boolean): number[] {
  if (!isLog) return ticks(0, largest, 2).filter((count) => count > 0 && Number.isInteger(count));
  const decades = Math.floor(Math.log10(largest));
  const step = Math.max(1, Math.ceil(decades / 3));
  return Array.from({ length: Math.floor(decades / step) }, (_, i) => 10 ** ((i + 1) * step));
}
