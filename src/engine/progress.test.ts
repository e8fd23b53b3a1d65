import { expect, it } from 'vitest';
import type { TuneEvent } from './events.ts';
import { progressReporter } from './progress.ts';

/** What is said of the time left, reporting `shares` after so many seconds each. */
function timesLeft(steps: readonly (readonly [seconds: number, share: number])[]) {
  let now = 0;
  const events: TuneEvent[] = [];
  const report = progressReporter(
    () => 1000 * now,
    (event) => events.push(event),
    'tuning',
    'Scoring',
  );
  for (const [seconds, share] of steps) {
    now = seconds;
    report(share);
  }
  return events.map((event) => (event.type === 'progress' ? event.secondsLeft : null));
}

it('tells the time left by the pace so far, nothing at the very beginning', () => {
  expect(
    timesLeft([
      [1, 0.01],
      [2, 0.2],
      [4, 0.4],
    ]),
  ).toEqual([null, [8, 8], [6, 6]]);
});

it('tells by how much the pace varies', () => {
  const even = timesLeft([
    [1, 0.1],
    [2, 0.2],
    [3, 0.3],
    [4, 0.4],
    [5, 0.5],
  ]).at(-1);
  expect(even?.[0]).toBeCloseTo(5);
  expect(even?.[1]).toBeCloseTo(5);
  // 1, 3, 1, 3, 1 seconds for a tenth each.
  const [least, most] = timesLeft([
    [1, 0.1],
    [4, 0.2],
    [5, 0.3],
    [8, 0.4],
    [9, 0.5],
  ]).at(-1) ?? [NaN, NaN];
  expect([least, most].map((seconds) => Math.round(seconds))).toEqual([5, 15]);
});

it('says little at a time, and the end in any case', () => {
  const events = timesLeft([
    [1, 0.1],
    [1.05, 0.11],
    [1.1, 0.12],
    [1.12, 1],
  ]);
  expect(events).toHaveLength(2);
  expect(events.at(-1)).toEqual([0, 0]);
});
