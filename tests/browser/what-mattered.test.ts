import { flushSync, mount, unmount } from 'svelte';
import { afterEach, expect, it } from 'vitest';
import type { Int8OpConfig } from '../../src/quantize/config.ts';
import type { Trial } from '../../src/tuning/types.ts';
import WhatMattered from '../../src/ui/parts/WhatMattered.svelte';
import '../../src/ui/theme.css';
import { baseline } from './sample-session.ts';

const OPS = 12;
const LONG_TASK_MS = 50;
const GOAL = { target: 0.88, higherIsBetter: true };

function int8(algorithm: Int8OpConfig['activation']['algorithm']): Int8OpConfig {
  return {
    mode: 'static',
    weight: { dtype: 'int8', scheme: 'sym', granularity: 'per_channel', algorithm: 'minmax' },
    activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm },
  };
}

/** Op 3 costs 4 points, op 5 one, the range method half of one. */
function trials(count: number): Trial[] {
  return Array.from({ length: count }, (_, number) => {
    const bits = Array.from({ length: OPS }, (_, op) => ((number * 7919 + op * op * 104729) >> (op % 7)) & 1);
    const method = number % 3 === 0 ? 'kl' : 'minmax';
    const score = 0.9 - 0.04 * (bits[3] ?? 0) - 0.01 * (bits[5] ?? 0) - (method === 'kl' ? 0.005 : 0);
    const ops = Object.fromEntries(bits.map((bit, op) => [`op${op}`, bit === 1 ? int8(method) : ('fp32' as const)]));
    return {
      number,
      stage: 'random',
      config: { ops, weightStorage: 'auto', samplingSize: 100 },
      status: number % 10 === 9 ? 'pruned' : 'complete',
      score,
      met: score >= 0.88,
      samplesEvaluated: number % 10 === 9 ? 100 : 1000,
      sizeBytes: 1000 - 10 * bits.filter((bit) => bit === 1).length,
      latencyMs: 1,
      latencyRatio: number % 4 === 0 ? null : 0.5 + number / 4000,
      difference: null,
      seconds: 1,
      modelSha256: null,
    };
  });
}

let card: ReturnType<typeof mount> | undefined;
async function close(): Promise<void> {
  if (card) await unmount(card);
  card = undefined;
  document.body.replaceChildren();
}
afterEach(close);

async function open(all: readonly Trial[]): Promise<void> {
  const props = {
    trials: all,
    goal: GOAL,
    baseline,
    offered: 1,
    opTypes: new Map<string, string>(),
    seed: 1,
    picked: null,
  };
  card = mount(WhatMattered, { target: document.body, props });
  flushSync();
  await expect.poll(slider).not.toBeNull();
}

const slider = (): SVGSVGElement => document.querySelector('svg[role="slider"]') as SVGSVGElement;
const told = (): string => slider().getAttribute('aria-valuetext') ?? '';
const bars = (): string[] => [...document.querySelectorAll('ol li .name')].map(({ textContent }) => textContent ?? '');

it('ranks the decisions that the score follows, and says where there are too few trials', async () => {
  await open(trials(300));
  await expect.poll(bars, { timeout: 20_000 }).toContain('op3');
  expect(bars().slice(0, 2)).toEqual(['op3', 'op5']);
  await close();
  await open(trials(6));
  await expect.poll(() => document.body.textContent).toContain('Too few trials with a result to tell: 6 trials so far');
});

it('goes through trials by key, and filters by select', async () => {
  await open(trials(40));
  slider().dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true }));
  flushSync();
  expect(told()).toMatch(/^Trial \d+, random: 90.00 % meets/);
  slider().dispatchEvent(new KeyboardEvent('keydown', { key: 'Home', bubbles: true }));
  flushSync();
  expect(told()).toContain('misses');
  const select = [...document.querySelectorAll<HTMLLabelElement>('.filters label')]
    .find((label) => label.textContent.includes('Score'))
    ?.querySelector('select') as HTMLSelectElement;
  select.value = 'lowest quarter';
  select.dispatchEvent(new Event('change', { bubbles: true }));
  flushSync();
  expect(Number(slider().getAttribute('aria-valuemax'))).toBeLessThan(20);
  slider().dispatchEvent(new KeyboardEvent('keydown', { key: 'End', bubbles: true }));
  flushSync();
  expect(told()).toContain('misses');
});

it('names the line under the pointer, and filters by a drag along an axis', async () => {
  await open(trials(40));
  const box = slider().getBoundingClientRect();
  const at = (type: string, x: number, y: number): void => {
    const event = new PointerEvent(type, { clientX: box.left + x, clientY: box.top + y, bubbles: true, pointerId: 1 });
    slider().dispatchEvent(event);
    flushSync();
  };
  slider().setPointerCapture = () => undefined;
  const axes = [...document.querySelectorAll<SVGLineElement>('line.axis')].map((line) =>
    Number(line.getAttribute('x1')),
  );
  const before = told();
  at('pointermove', (axes.at(-2)! + axes.at(-1)!) / 2, box.height / 2);
  for (let y = 20; told() === before && y < box.height; y += 10) at('pointermove', axes.at(-1)!, y);
  expect(told()).toMatch(/^Trial \d+/);
  at('pointerdown', axes.at(-1)!, 10);
  at('pointermove', axes.at(-1)!, 60);
  at('pointerup', axes.at(-1)!, 60);
  at('pointerleave', 0, 0);
  expect(told()).toMatch(/ of 40, a line each/);
});

// Other work on the machine makes tasks longer: one quiet run shows what the page can do.
it('draws a thousand trials in a few paths and holds the page up for no long task', { retry: 4 }, async () => {
  const all = trials(1000);
  const long: number[] = [];
  const observer = new PerformanceObserver((list) => long.push(...list.getEntries().map(({ duration }) => duration)));
  await open(trials(50));
  await expect.poll(bars, { timeout: 20_000 }).not.toEqual([]);
  await close();
  observer.observe({ type: 'longtask' });
  await open(all);
  await expect.poll(bars, { timeout: 30_000 }).toContain('op3');
  const times: number[] = [];
  for (let i = 0; i < 60; i++) {
    const started = performance.now();
    slider().dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowUp', bubbles: true }));
    flushSync();
    times.push(performance.now() - started);
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  observer.disconnect();
  const lines = [...document.querySelectorAll('svg path.lines')].map((path) => path.getAttribute('d') ?? '');
  expect(lines.join('').split('M').length - 1).toBe(all.length);
  expect(document.querySelectorAll('svg path').length).toBeLessThan(8);
  times.sort((a, b) => a - b);
  expect(times[30]).toBeLessThan(16);
  expect(long.filter((duration) => duration > LONG_TASK_MS)).toEqual([]);
});
