import { expect, it } from 'vitest';
import type { Trial } from '../../tuning/types.ts';
import { historyPlot, type HistoryPlot } from './history-plot.ts';
import { ticks } from './ticks.ts';

const GOAL = { target: 0.79, higherIsBetter: true };

function trial(number: number, score: number | null): Trial {
  return { number, score, met: (score ?? 0) >= GOAL.target, status: score === null ? 'failed' : 'complete' } as Trial;
}

function plot(scores: readonly (number | null)[], goal: typeof GOAL | null = GOAL): HistoryPlot {
  return historyPlot({
    trials: scores.map((score, i) => trial(i, score)),
    goal,
    baselineScore: 0.8,
    width: 600,
    height: 260,
  });
}

it('puts better scores higher, inside the frame', () => {
  const { marks, frame } = plot([0.7, 0.8, 0.75]);
  expect(marks.map(({ kind }) => kind)).toEqual(['missed', 'met', 'missed']);
  const [a, b, c] = marks.map(({ y }) => y) as [number, number, number];
  expect(b).toBeLessThan(c);
  expect(c).toBeLessThan(a);
  for (const { x, y } of marks) {
    expect(x).toBeGreaterThan(frame.left);
    expect(x).toBeLessThan(frame.right);
    expect(y).toBeGreaterThan(frame.top);
    expect(y).toBeLessThan(frame.bottom);
  }
});

it('draws a score far from the rest at the edge, so that it does not flatten them', () => {
  const scores = [0.7, 0.71, 0.72, 0.73, 0.71, 0.72, 0.7, 0.73, 0.05];
  const { marks, yTicks } = plot(scores);
  expect(marks.at(-1)?.kind).toBe('off-scale');
  expect(Math.min(...yTicks.map(({ value }) => value))).toBeGreaterThan(0.6);
});

it('marks failed trials at the bottom and keeps them out of the best line', () => {
  const { marks, bestPath, frame } = plot([0.7, null, 0.75]);
  expect(marks[1]).toMatchObject({ kind: 'failed', y: frame.bottom });
  expect(bestPath.match(/V/g)).toHaveLength(1);
});

it('follows the direction of the metric', () => {
  const { bestPath } = plot([0.8, 0.7, 0.75], { target: 0.7, higherIsBetter: false });
  expect(bestPath.match(/V/g)).toHaveLength(1);
  expect(plot([0.8, 0.7, 0.75]).bestPath).not.toContain('V');
});

it('keeps the names of close lines apart', () => {
  const { levels } = historyPlot({
    trials: [trial(0, 0.1), trial(1, 0.8)],
    goal: { target: 0.799, higherIsBetter: true },
    baselineScore: 0.8,
    width: 600,
    height: 260,
  });
  const [float, needed] = levels;
  expect(Math.abs((float?.labelY ?? 0) - (needed?.labelY ?? 0))).toBeGreaterThanOrEqual(15);
  expect(float?.labelY).toBeLessThan(needed?.labelY ?? 0);
});

it('copes with no trials and no baseline', () => {
  const empty = historyPlot({ trials: [], goal: null, baselineScore: null, width: 600, height: 260 });
  expect(empty).toMatchObject({ marks: [], levels: [], yTicks: [], bestPath: '' });
});

it('chooses round ticks', () => {
  expect(ticks(0, 10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(ticks(0.83, 0.88, 5).map((value) => value.toFixed(2))).toEqual([
    '0.83',
    '0.84',
    '0.85',
    '0.86',
    '0.87',
    '0.88',
  ]);
  expect(ticks(1, 1, 5)).toEqual([1]);
});
