import { expect, it } from 'vitest';
import type { Trial } from '../../tuning/types.ts';
import { choiceAxis, measureAxis, ParallelFrame, passing, type AxisRange } from './parallel-plot.ts';

const TRIALS = [0.9, 0.8, null, 0.7].map((score, number) => ({ number, score }) as Trial);
const score = measureAxis(TRIALS, {
  id: 'score',
  name: 'Score',
  of: (trial) => trial.score,
  text: (value) => value.toFixed(2),
});
const decision = { names: ['a', 'b', 'c'], values: ['int8', 'float'], codes: Uint8Array.from([0, 0, 0, 1]) };

it('places measured values on their scale and choices side by side in their room', () => {
  expect(score.heights.map((height) => height && Number(height.toFixed(3)))).toEqual([1, 0.5, null, 0]);
  expect(score.ticks.map(({ label }) => label)).toEqual(['0.70', '0.75', '0.80', '0.85', '0.90']);
  const choice = choiceAxis(decision, 'd0', [3, 1, 2, 0]);
  expect(choice).toMatchObject({ name: 'a + 2 more', title: 'a, b, c' });
  expect(choice.heights).toEqual([0.375, 0.125, 0.25, 0.75]);
});

it('lets pass what lies in every chosen range; a missing value lies in none', () => {
  const choice = choiceAxis(decision, 'd0', [0, 1, 2, 3]);
  const ranges = (...chosen: [string, AxisRange | undefined][]): Map<string, AxisRange> =>
    new Map(chosen.flatMap(([id, range]): [string, AxisRange][] => (range ? [[id, range]] : [])));
  const pass = (of: Map<string, AxisRange>): boolean[] => passing([score, choice], of, TRIALS.length);
  expect(pass(new Map())).toEqual([true, true, true, true]);
  const int8 = choice.parts.find(({ label }) => label === 'int8');
  expect(pass(ranges(['d0', int8]))).toEqual([true, true, true, false]);
  const half = score.parts.find(({ label }) => label === 'higher half');
  expect(pass(ranges(['d0', int8], ['score', half]))).toEqual([true, true, false, false]);
});

it('finds the line under a point, between the axes too', () => {
  const frame = new ParallelFrame([score, choiceAxis(decision, 'd0', [0, 1, 2, 3])], 300, 200);
  const between = (trial: number): [number, number] => {
    const [from, to] = frame
      .path([trial])
      .match(/[\d.]+ [\d.]+/g)!
      .map((point) => point.split(' ').map(Number));
    return [0.8 * from![0]! + 0.2 * to![0]!, 0.8 * from![1]! + 0.2 * to![1]!];
  };
  for (const trial of [0, 1, 2, 3]) expect(frame.nearest([0, 1, 2, 3], ...between(trial), 3)).toBe(trial);
  expect(frame.nearest([0, 1], ...between(3), 3)).toBeNull();
  expect(frame.heightAt(frame.y(0.25))).toBeCloseTo(0.25);
});
