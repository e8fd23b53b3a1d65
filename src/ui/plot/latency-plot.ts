import type { LatencyShape } from '../../history/evidence.ts';
import { ticks } from './ticks.ts';

/** Two histograms over one axis, the float model's above, as plain geometry in pixels. */
export interface LatencyPlot {
  readonly rows: readonly {
    readonly name: 'float' | 'int8';
    /** Where its bars stand. */
    readonly baseY: number;
    readonly bars: readonly {
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
    }[];
    readonly medianX: number;
    readonly medianMs: number;
  }[];
  readonly xTicks: readonly { readonly x: number; readonly value: number }[];
  readonly right: number;
  readonly bottom: number;
}

const LEFT = 44;
const RIGHT = 12;
const ROW_HEIGHT = 56;
const ROW_GAP = 26;
/** Room that the last label and half of the one before it take. */
const LABEL = 92;
const AXIS_HEIGHT = 26;
export const LATENCY_PLOT_HEIGHT = 2 * (ROW_HEIGHT + ROW_GAP) + AXIS_HEIGHT;

/** Bars are shares of each model's own runs, so that both have the same area. */
export function latencyPlot({ startMs, widthMs, float, offered }: LatencyShape, width: number): LatencyPlot {
  const bins = float.counts.length;
  const right = Math.max(LEFT + 40, width - RIGHT);
  const endMs = startMs + bins * widthMs;
  const x = (ms: number): number => LEFT + ((right - LEFT) * (Math.min(ms, endMs) - startMs)) / (endMs - startMs);
  const shares = [float, offered].map(({ counts }) => {
    const runs = counts.reduce((sum, count) => sum + count, 0);
    return counts.map((count) => count / Math.max(1, runs));
  });
  const highest = Math.max(...shares.flat(), 1e-9);
  const rows = [float, offered].map(({ medianMs }, row) => {
    const baseY = (row + 1) * (ROW_HEIGHT + ROW_GAP);
    const bars = (shares[row] ?? []).flatMap((share, bin) => {
      if (share === 0) return [];
      const height = Math.max(1.5, (ROW_HEIGHT * share) / highest);
      const left = x(startMs + bin * widthMs);
      return [{ x: left, y: baseY - height, width: Math.max(1, x(startMs + (bin + 1) * widthMs) - left - 1), height }];
    });
    return { name: row === 0 ? ('float' as const) : ('int8' as const), baseY, bars, medianX: x(medianMs), medianMs };
  });
  const all = ticks(startMs, endMs, width < 480 ? 3 : 6).map((value) => ({ x: x(value), value }));
  // The label of the last tick is set before it, and must not lie on the one before.
  const xTicks = all.filter(({ x: at }, i) => at <= right - 24 || at - (all[i - 1]?.x ?? 0) > LABEL);
  return {
    rows,
    xTicks,
    right,
    bottom: 2 * (ROW_HEIGHT + ROW_GAP),
  };
}
