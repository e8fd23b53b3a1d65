import { flushSync, mount, unmount } from 'svelte';
import { afterEach, expect, it } from 'vitest';
import type { Trial } from '../../src/tuning/types.ts';
import TrialsTable from '../../src/ui/parts/TrialsTable.svelte';
import '../../src/ui/theme.css';

const COUNT = 1000;
/** What one change of the table may add to or move in the page: a few screens of it, however many trials there are. */
const MOST_CHANGES = 400;

/** Scores that lie in no order: steps around a ring. */
const TRIALS = Array.from(
  { length: COUNT },
  (_, number) =>
    ({
      number,
      stage: 'one-by-one fallback',
      status: 'complete',
      score: ((number * 7919) % COUNT) / COUNT,
      met: number % 2 === 0,
      sizeBytes: 1000 + number,
      latencyMs: 1,
      latencyRatio: 0.5,
      difference: null,
      seconds: 1,
      reason:
        number % 3 === 0 ? 'A reason that is long enough to need more than one line in a column of the table' : '',
    }) as unknown as Trial,
);

let table: ReturnType<typeof mount> | undefined;
afterEach(async () => {
  if (table) await unmount(table);
});

function open(picked: number | null = null): void {
  const goal = { target: 0.5, higherIsBetter: true };
  const props = { trials: TRIALS, goal, baseline: null, offered: null, picked };
  table = mount(TrialsTable, { target: document.body, props });
  flushSync();
}

const shown = (): number[] =>
  [...document.querySelectorAll<HTMLElement>('tr[data-trial]')].map((row) => Number(row.dataset['trial']));
const header = (name: string): HTMLButtonElement | undefined =>
  [...document.querySelectorAll('th button')].find((button) => button.textContent.trim().startsWith(name)) as
    HTMLButtonElement | undefined;

/** Nodes that `act` adds to or takes from the page. */
function changesBy(act: () => void): number {
  const observer = new MutationObserver(() => undefined);
  observer.observe(document.body, { childList: true, subtree: true });
  act();
  flushSync();
  return observer
    .takeRecords()
    .reduce((sum, { addedNodes, removedNodes }) => sum + addedNodes.length + removedNodes.length, 0);
}

it('sorts 1000 trials by touching only the rows in sight', () => {
  open();
  expect(shown().length).toBeLessThan(40);
  expect(
    document.querySelector('table')?.ariaRowCount ?? document.querySelector('table')?.getAttribute('aria-rowcount'),
  ).toBe('1001');
  const changes = changesBy(() => header('Score')?.click());
  const byScore = [...TRIALS].sort((a, b) => (a.score ?? 0) - (b.score ?? 0)).map(({ number }) => number);
  expect(shown()).toEqual(byScore.slice(0, shown().length));
  expect(document.querySelector('th[aria-sort]')?.getAttribute('aria-sort')).toBe('ascending');
  expect(changes).toBeGreaterThan(0);
  expect(changes).toBeLessThan(MOST_CHANGES);
  header('Score')?.click();
  flushSync();
  expect(shown()[0]).toBe(byScore.at(-1));
});

it('keeps every row as high as the scroll bar takes it to be', async () => {
  open();
  const rows = [...document.querySelectorAll('tr[data-trial]')];
  expect(new Set(rows.map((row) => row.getBoundingClientRect().height))).toEqual(new Set([52]));
  const frame = document.querySelector('.table-frame') as HTMLElement;
  const height = frame.scrollHeight;
  frame.scrollTop = 500 * 52;
  await expect.poll(shown).toContain(502);
  expect(frame.scrollHeight).toBe(height);
});

it('scrolls to the picked trial', async () => {
  open(700);
  await expect.poll(() => document.querySelector('tr[aria-current="true"]')?.getAttribute('data-trial')).toBe('700');
  const frame = document.querySelector('.table-frame') as HTMLElement;
  const row = document.querySelector('tr[aria-current="true"]') as HTMLElement;
  expect(row.getBoundingClientRect().top).toBeGreaterThan(frame.getBoundingClientRect().top);
  expect(row.getBoundingClientRect().bottom).toBeLessThan(frame.getBoundingClientRect().bottom);
});
