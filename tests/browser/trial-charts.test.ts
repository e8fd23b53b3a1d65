import { flushSync, mount, unmount } from 'svelte';
import { afterEach, expect, it } from 'vitest';
import TrialCharts from '../../src/ui/parts/TrialCharts.svelte';
import '../../src/ui/theme.css';
import { baseline, header, sampleTrial } from './sample-session.ts';

let charts: ReturnType<typeof mount> | undefined;
afterEach(async () => {
  if (charts) await unmount(charts);
  charts = undefined;
});

function open(count: number): void {
  const trials = Array.from({ length: count }, (_, i) => sampleTrial(i, 0.73 + i / 100));
  charts = mount(TrialCharts, {
    target: document.body,
    props: { trials, goal: header.goal, baseline, offered: null, picked: null },
  });
  flushSync();
}

const drawn = (): string[] => [...document.querySelectorAll('figure h2')].map(({ textContent }) => textContent ?? '');

it('folds the charts of few trials away, and opens them on request', async () => {
  open(2);
  expect(drawn()).toEqual([]);
  const fold = document.querySelector('details') as HTMLDetailsElement;
  expect(fold.textContent).toContain('from 4 trials on');
  fold.open = true;
  await expect.poll(drawn).toEqual(['Score by trial', 'Score against latency']);
});

it('draws the charts of a fifth trial without being asked', () => {
  open(5);
  expect(drawn()).toEqual(['Score by trial', 'Score against latency']);
  expect(document.querySelector('details')).toBeNull();
});
