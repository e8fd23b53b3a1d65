import { flushSync, mount, unmount } from 'svelte';
import { afterEach, expect, it } from 'vitest';
import { userEvent } from 'vitest/browser';
import type { Trial } from '../../src/tuning/types.ts';
import TrialsTable from '../../src/ui/parts/TrialsTable.svelte';
import '../../src/ui/theme.css';

const COUNT = 1000;
const TRIALS = Array.from(
  { length: COUNT },
  (_, number) =>
    ({
      number,
      stage: 'random',
      status: 'complete',
      score: number / COUNT,
      met: true,
      sizeBytes: 1000,
      latencyMs: 1,
      latencyRatio: 0.5,
      difference: null,
      seconds: 1,
      reason: '',
    }) as unknown as Trial,
);

let table: ReturnType<typeof mount> | undefined;
afterEach(async () => {
  if (table) await unmount(table);
});

function open(): () => number {
  let compared = 0;
  const goal = { target: 0.5, higherIsBetter: true };
  const props = { trials: TRIALS, goal, baseline: null, offered: null, onCompare: () => compared++ };
  table = mount(TrialsTable, { target: document.body, props });
  flushSync();
  return () => compared;
}

const box = (number: number): HTMLInputElement =>
  document.querySelector<HTMLInputElement>(`input[aria-label="Compare trial ${number}"]`) as HTMLInputElement;
const frame = (): HTMLElement => document.querySelector('.table-frame') as HTMLElement;
const button = (name: string): HTMLButtonElement | undefined =>
  [...document.querySelectorAll('button')].find((each) => each.textContent.trim() === name);
const tick = (number: number): void => {
  box(number).click();
  flushSync();
};

it('ticks trials by keyboard and compares them, without moving the table', async () => {
  const compared = open();
  const top = frame().offsetTop;
  expect(button('Clear')).toBeUndefined();
  box(2).focus();
  await userEvent.keyboard(' ');
  await userEvent.tab();
  expect(document.activeElement).toBe(box(3));
  await userEvent.keyboard(' ');
  button('Compare 2 trials')?.click();
  expect(compared()).toBe(1);
  expect(frame().offsetTop).toBe(top);
  button('Clear')?.click();
  flushSync();
  expect(box(2).checked).toBe(false);
  expect(button('Compare 2 trials')).toBeUndefined();
});

it('lets a fifth trial not be ticked, and says why', () => {
  open();
  [1, 3, 4, 6].forEach(tick);
  expect(button('Compare 4 trials')).toBeDefined();
  expect(box(5).disabled).toBe(true);
  const reason = document.getElementById(box(5).getAttribute('aria-describedby') ?? '');
  expect(reason?.textContent.trim()).toBe('Four at most: untick one to take another.');
  tick(3);
  expect(box(5).disabled).toBe(false);
});

it('keeps ticks of rows that are out of sight, in any order of 1000', async () => {
  open();
  tick(1);
  frame().scrollTop = 500 * 52;
  await expect.poll(() => box(502)).not.toBeNull();
  expect(box(1)).toBeNull();
  tick(502);
  expect(button('Compare 2 trials')).toBeDefined();
  expect(document.querySelectorAll('input').length).toBeLessThan(40);
  frame().scrollTop = 0;
  await expect.poll(() => box(1)?.checked).toBe(true);
});
