import { expect, it } from 'vitest';
import type { Baseline, Trial, TrialStatus } from '../../tuning/types.ts';
import { paretoPlot, type Cost, type ParetoPlot } from './pareto-plot.ts';

const GOAL = { target: 0.79, higherIsBetter: true };
const BASELINE: Baseline = { score: 0.8, latencyMs: 2, sizeBytes: 4000, seconds: 1, samples: 100 };

function trial(number: number, score: number | null, ratio: number | null, status: TrialStatus = 'complete'): Trial {
  const met = (score ?? 0) >= GOAL.target;
  return { number, score, met, status, latencyRatio: ratio, sizeBytes: 1000 + number } as Trial;
}

function plot(trials: readonly Trial[], cost: Cost = 'latency', goal = GOAL): ParetoPlot {
  return paretoPlot({ trials, cost, goal, baseline: BASELINE, width: 600, height: 260 });
}

const front = ({ marks }: ParetoPlot): number[] => marks.filter((mark) => mark.front).map((mark) => mark.trial.number);

it('joins the trials that no other beats, from cheap to dear', () => {
  const made = plot([trial(0, 0.8, 0.9), trial(1, 0.78, 0.5), trial(2, 0.77, 0.7), trial(3, 0.79, 0.7)]);
  expect(front(made)).toEqual([1, 3, 0]);
  expect(made.frontPath).toMatch(/^M[\d.]+ [\d.]+(H[\d.]+V[\d.]+){2}$/);
});

it('keeps pruned scores, which are estimates, out of the front', () => {
  const made = plot([trial(0, 0.78, 0.5), trial(1, 0.81, 0.4, 'pruned')]);
  expect(front(made)).toEqual([0]);
  expect(made.marks.map(({ kind }) => kind)).toEqual(['pruned', 'missed']);
});

it('counts what it cannot place', () => {
  const trials = [trial(0, 0.8, 0.5), trial(1, 0.7, null), trial(2, null, null, 'failed')];
  expect(plot(trials)).toMatchObject({ leftOut: 1 });
  expect(plot(trials, 'size')).toMatchObject({ leftOut: 0 });
});

it('follows the direction of the metric', () => {
  const trials = [trial(0, 0.8, 0.5), trial(1, 0.78, 0.7)];
  expect(front(plot(trials))).toEqual([0]);
  expect(front(plot(trials, 'latency', { target: 0.79, higherIsBetter: false }))).toEqual([0, 1]);
});

it('places the float model and every mark inside the frame', () => {
  const { marks, float, neededY, frame } = plot([trial(0, 0.8, 0.5), trial(1, 0.78, 1.4)], 'latency');
  for (const { x, y } of [...marks, ...(float ? [float] : [])]) {
    expect(x).toBeGreaterThan(frame.left);
    expect(x).toBeLessThan(frame.right);
    expect(y).toBeGreaterThan(frame.top);
    expect(y).toBeLessThan(frame.bottom);
  }
  expect(neededY).toBeGreaterThan(float?.y ?? Infinity);
});

it('copes with no trials and no baseline', () => {
  const empty = paretoPlot({ trials: [], cost: 'size', goal: null, baseline: null, width: 600, height: 260 });
  expect(empty).toMatchObject({ marks: [], float: null, neededY: null, xTicks: [], frontPath: '' });
});
