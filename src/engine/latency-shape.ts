import { interquartileRange, median, quantile } from '../base/statistics.ts';
import type { LatencyCounts, LatencyShape } from '../history/evidence.ts';
import type { LatencyComparison } from './latency.ts';

const BINS = 40;
/** Interruptions by other programs would squeeze all other runs into one bin. */
const SHOWN_SHARE = 0.97;
const SHOWN_SPREADS = 6;

/** Times of both models over the same bins. */
export function latencyShape({ float, model }: LatencyComparison['times']): LatencyShape {
  const startMs = Math.min(...float, ...model);
  const endMs = Math.max(slowestShown(float), slowestShown(model));
  const widthMs = Math.max(endMs - startMs, startMs * 1e-3, 1e-6) / BINS;
  const shape = (times: readonly number[]): LatencyCounts => {
    const counts = new Array<number>(BINS).fill(0);
    for (const ms of times) {
      const bin = Math.min(BINS - 1, Math.floor((ms - startMs) / widthMs));
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    return { counts, p5Ms: quantile(times, 0.05), medianMs: median(times), p95Ms: quantile(times, 0.95) };
  };
  return { startMs, widthMs, float: shape(float), offered: shape(model) };
}

function slowestShown(times: readonly number[]): number {
  return Math.min(quantile(times, SHOWN_SHARE), median(times) + SHOWN_SPREADS * interquartileRange(times));
}
