import { expect, test } from 'vitest';
import { latencyShape } from './latency-shape.ts';

test('every run is counted, and outliers go into the last bin', () => {
  const float = [...Array.from({ length: 99 }, (_, i) => 2 + i / 100), 80];
  const model = Array.from({ length: 50 }, (_, i) => 1 + i / 100);
  const shape = latencyShape({ float, model });
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  expect(sum(shape.float.counts)).toBe(100);
  expect(sum(shape.offered.counts)).toBe(50);
  expect(shape.startMs).toBe(1);
  expect(shape.startMs + 40 * shape.widthMs).toBeLessThan(3.1);
  expect(shape.float.counts.at(-1)).toBeGreaterThan(0);
  expect(shape.offered.medianMs).toBeCloseTo(1.245);
});

test('runs of one length have a bin of some width', () => {
  expect(latencyShape({ float: [1, 1], model: [1, 1] }).widthMs).toBeGreaterThan(0);
});
