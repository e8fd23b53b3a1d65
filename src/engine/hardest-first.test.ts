import { expect, it } from 'vitest';
import { createRng, shuffle } from '../base/rng.ts';
import type { Dataset } from '../data/dataset.ts';
import { METRICS } from '../metrics/registry.ts';
import { Race } from '../tuning/racing.ts';
import { Feed } from './feed.ts';
import { hardestFirst, stratifiedDifference } from './hardest-first.ts';

const topk = METRICS.get('topk')!;
const float = Array.from({ length: 1000 }, (_, i) => (i % 25 < 19 ? 1 : 0));
const dataset = { name: 'none', count: 1000 } as Dataset;
const feed = new Feed('f', dataset, { rows: 10, fixedRows: null }).shuffled(createRng(3));

/** Of a model that turns `wrong` right samples wrong and 20 wrong ones right. */
function int8Values(wrong: number): number[] {
  const rng = createRng(5);
  const right = shuffle(
    [...float.keys()].filter((i) => float[i] === 1),
    rng,
  ).slice(0, wrong);
  const won = shuffle(
    [...float.keys()].filter((i) => float[i] === 0),
    rng,
  ).slice(0, 20);
  return float.map((value, i) => (right.includes(i) ? 0 : won.includes(i) ? 1 : value));
}

function samplesNeeded({ order }: Feed, values: readonly number[]): number {
  const inOrder = order.map((sample) => float[sample]!);
  const terms = { range: topk.range, higherIsBetter: true, allowedLoss: 0.0076, betting: false };
  const race = new Race({ ...terms, floatValues: inOrder });
  return order.findIndex((sample) => race.add([values[sample]!])) + 1;
}

it('keeps every sample, and ends exact evaluations sooner', () => {
  const hardest = hardestFirst(feed, float, topk, true);
  expect(hardest.order.toSorted((a, b) => a - b)).toEqual([...float.keys()]);
  expect(hardest.order.slice(0, 240).every((sample) => float[sample] === 0)).toBe(true);
  for (const wrong of [40, 100]) {
    const values = int8Values(wrong);
    expect(samplesNeeded(hardest, values)).toBeLessThan(0.85 * samplesNeeded(feed, values));
  }
});

it('estimates the difference without bias whatever came first', () => {
  const values = int8Values(100);
  const { order } = hardestFirst(feed, float, topk, true);
  const seen = order.slice(0, 600);
  const estimate = stratifiedDifference(values, float, seen, topk, true);
  expect(estimate).toBeCloseTo(-0.08, 1);
  expect(Math.abs(estimate + 0.08)).toBeLessThan(0.015);
  expect(stratifiedDifference(values, float, order, topk, true)).toBeCloseTo(-0.08, 12);
});
