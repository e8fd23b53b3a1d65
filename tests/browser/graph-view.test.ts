import { flushSync, mount, unmount } from 'svelte';
import { afterEach, expect, it } from 'vitest';
import { page } from 'vitest/browser';
import type { OpReport } from '../../src/quantize/rewrite/report.ts';
import GraphView from '../../src/ui/parts/GraphView.svelte';
import '../../src/ui/theme.css';
import { report } from './sample-session.ts';

let graph: ReturnType<typeof mount> | undefined;
afterEach(async () => {
  if (graph) await unmount(graph);
  await page.viewport(414, 896);
});

/** A chain in which every fifth op reads one that lies six before it, too; of one block per ten ops where it has blocks. */
function open(count: number, hasBlocks: boolean): void {
  const ops = Array.from({ length: count }, (_, i): OpReport => ({
    name: hasBlocks ? `/net/layer.${Math.floor(i / 10)}/op${i}` : `op${i}`,
    opType: i % 2 === 0 ? 'MatMul' : 'Add',
    precision: i % 2 === 0 ? 'int8' : 'float32',
  }));
  const edges = ops.flatMap((_, i): [number, number][] => [
    ...(i > 0 ? [[i - 1, i] as [number, number]] : []),
    ...(i > 6 && i % 5 === 0 ? [[i - 6, i] as [number, number]] : []),
  ]);
  graph = mount(GraphView, {
    target: document.body,
    props: { ops, edges, record: report.record, onMove: null, forecast: async () => null, values: null },
  });
  flushSync();
}

const boxes = (): HTMLElement[] => [...document.querySelectorAll<HTMLElement>('svg g[role="button"]')];
const labels = (): (string | null)[] => boxes().map((box) => box.getAttribute('aria-label'));
const frame = (): HTMLElement => document.querySelector('[aria-label^="Graph of the ops"]') as HTMLElement;
const frames = (): Promise<void> =>
  new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));

it.each([
  [1000, 414, 60],
  [5000, 414, 60],
  [1000, 1240, 150],
  [5000, 1240, 150],
])(
  'draws only what is in sight of %i ops in %i px, and the rest where it is scrolled to',
  async (count, width, most) => {
    await page.viewport(width, 896);
    open(count, false);
    await frames();
    expect(boxes().length).toBeGreaterThan(3);
    expect(boxes().length).toBeLessThan(most);
    const before = labels();
    frame().scrollTop = frame().scrollHeight;
    await frames();
    flushSync();
    expect(labels()).not.toEqual(before);
    expect(labels()).toContain(`Add op${count - 1}`);
  },
);

it('opens blocks, finds ops inside of closed ones and closes them again', async () => {
  open(1000, true);
  await frames();
  expect(labels()[0]).toBe('layer.0 10 ops');
  boxes()[0]?.dispatchEvent(new MouseEvent('dblclick', { bubbles: true }));
  flushSync();
  expect(labels().slice(0, 2)).toEqual(['MatMul op0', 'Add op1']);

  const search = document.querySelector('input[type="search"]') as HTMLInputElement;
  search.value = 'op987';
  search.dispatchEvent(new InputEvent('input', { bubbles: true }));
  search.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
  await frames();
  flushSync();
  const details = document.querySelector('aside');
  expect(details?.textContent).toContain('/net/layer.98/op987');
  expect(labels()).toContain('Add op987');
  const close = [...(details?.querySelectorAll('button') ?? [])].find(
    ({ textContent }) => textContent === '/net/layer.98',
  );
  close?.click();
  await frames();
  flushSync();
  expect(labels()).not.toContain('Add op987');
});

it('uses the width of a wide card for a chain, and only the height that it needs', async () => {
  await page.viewport(1240, 800);
  const ops = Array.from({ length: 12 }, (_, i): OpReport => ({ name: `op${i}`, opType: 'MatMul', precision: 'int8' }));
  const edges = ops.slice(1).map((_, i) => [i, i + 1] as const);
  const target = document.body.appendChild(document.createElement('div'));
  target.style.width = '1200px';
  const props = { ops, edges, record: report.record, onMove: null, forecast: null, values: null };
  graph = mount(GraphView, { target, props });
  flushSync();
  await frames();
  flushSync();
  const places = boxes().map((box) => box.getBoundingClientRect());
  expect(places).toHaveLength(12);
  const used = Math.max(...places.map(({ right }) => right)) - Math.min(...places.map(({ left }) => left));
  expect(used).toBeGreaterThan(600);
  expect(frame().clientHeight).toBeLessThan(300);
  expect(frame().scrollHeight).toBe(frame().clientHeight);
  expect(frame().scrollWidth).toBe(frame().clientWidth);

  // What is picked stays under the pointer: its details come below.
  const [before] = places;
  boxes()[0]?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  await frames();
  flushSync();
  expect(document.querySelector('aside')?.textContent).toContain('op0');
  expect(boxes()[0]?.getBoundingClientRect()).toEqual(before);
});

it('keeps what is thought of in the other precision readable', async () => {
  const ops: OpReport[] = [{ name: 'op0', opType: 'MatMul', precision: 'int8' }];
  const props = { ops, edges: [], record: report.record, onMove: () => undefined, forecast: async () => null };
  graph = mount(GraphView, {
    target: document.body,
    props: { ...props, choices: { int8: ['op0'], unranged: [] }, values: null },
  });
  await frames();
  boxes()[0]?.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  flushSync();
  const [imagine] = [...document.querySelectorAll('aside button')].filter(({ textContent }) =>
    textContent?.startsWith('What if'),
  );
  (imagine as HTMLElement).click();
  flushSync();
  const fill = (part: string): string => getComputedStyle(boxes()[0]!.querySelector(part)!).fill;
  expect(boxes()[0]?.classList).toContain('imagined');
  expect(fill('text')).not.toBe(fill('rect.box'));
});
