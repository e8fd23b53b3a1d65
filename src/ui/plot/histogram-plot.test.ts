import { expect, test } from 'vitest';
import { hasSpikes, histogramPlot } from './histogram-plot.ts';

const bins = { min: -1, max: 3, origin: -1, width: 0.5, counts: [100, 1000, 100, 0, 0, 0, 0, 1] };
const line = (label: string, min: number, max: number, isUsed = false) => ({ label, min, max, isUsed });

test('bars stand where their values are, one of few values is seen beside spikes', () => {
  const plot = histogramPlot(bins, [], false, 400);
  expect(plot.bars).toHaveLength(4);
  const [first, spike, , rare] = plot.bars;
  expect(first!.x).toBe(plot.left);
  expect(spike!.height).toBeCloseTo(10 * first!.height, 0);
  expect(rare!.x + rare!.width).toBeCloseTo(plot.right - 0.5);
  expect(rare!.height).toBeGreaterThanOrEqual(1.5);
  const log = histogramPlot(bins, [], true, 400);
  expect(log.bars[0]!.height).toBeGreaterThan(0.3 * log.bars[1]!.height);
  expect(log.yTicks.map(({ count }) => count)).toEqual([10, 100, 1000]);
});

test('the axis holds every range, and what the used one cuts is marked', () => {
  const plot = histogramPlot(bins, [line('minmax', -1, 3), line('kl', -1, 0.5, true), line('mse', -2, 4)], true, 400);
  const [minmax, kl, mse] = plot.ranges;
  expect([mse!.x1, mse!.x2]).toEqual([plot.left, plot.right]);
  expect(minmax!.x2 - minmax!.x1).toBeCloseTo((4 * (plot.right - plot.left)) / 6);
  expect(kl!.x2).toBeLessThan(minmax!.x2);
  expect(new Set(plot.ranges.map(({ y }) => y)).size).toBe(3);
  expect(mse!.y).toBeLessThan(plot.top);
  expect(plot.bars.map(({ isClipped }) => isClipped)).toEqual([false, false, false, true]);
});

test('a tensor of one value has a bar over the whole width', () => {
  const plot = histogramPlot({ min: 0, max: 0, origin: 0, width: 2 ** -149, counts: [64] }, [], false, 300);
  expect(plot.bars).toHaveLength(1);
  expect(plot.bars[0]!.width).toBeGreaterThan(0.99 * (plot.right - plot.left));
  expect(plot.xTicks).toEqual([{ x: plot.left, value: 0 }]);
});

test('spikes are bins that dwarf the median one', () => {
  expect(hasSpikes([3, 5, 9, 5, 3])).toBe(false);
  expect(hasSpikes([1000, 5, 0, 4, 3])).toBe(true);
  expect(hasSpikes([0, 7, 0])).toBe(false);
});
