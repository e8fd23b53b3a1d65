import { expect, test } from 'vitest';
import type { LatencyShape } from '../../history/evidence.ts';
import { latencyPlot } from './latency-plot.ts';

const counts = (at: number, count: number): LatencyShape['float'] => ({
  counts: Array.from({ length: 10 }, (_, i) => (i === at ? count : 0)),
  p5Ms: 1 + at,
  medianMs: 1.5 + at,
  p95Ms: 2 + at,
});

test('both models stand on one axis, each with its own runs as the whole', () => {
  const plot = latencyPlot({ startMs: 1, widthMs: 1, float: counts(8, 50), offered: counts(2, 200) }, 500);
  const [float, int8] = plot.rows;
  expect(float?.bars).toHaveLength(1);
  expect(float?.bars[0]?.height).toBeCloseTo(int8?.bars[0]?.height ?? 0);
  expect(int8?.medianX).toBeLessThan(float?.medianX ?? 0);
  expect(float?.medianX).toBeLessThanOrEqual(plot.right);
  expect(float?.baseY).toBeLessThan(int8?.baseY ?? 0);
});

test('few runs beside many are seen', () => {
  const rare = { ...counts(2, 1000), counts: [1, 0, 999, 0, 0, 0, 0, 0, 0, 0] };
  const [, int8] = latencyPlot({ startMs: 1, widthMs: 1, float: counts(8, 50), offered: rare }, 500).rows;
  expect(int8?.bars[0]?.height).toBeGreaterThanOrEqual(1.5);
});
