import { describe, expect, it } from 'vitest';
import { createRng } from '../../base/rng.ts';
import { TensorObserver, type Histogram } from '../observer.ts';
import { divergences, kl } from './kl.ts';
import { minmax } from './minmax.ts';
import { mse } from './mse.ts';
import { percentile } from './percentile.ts';
import { rangeMethods } from './registry.ts';

function histogramOf(values: Float32Array): Histogram {
  const observer = new TensorObserver();
  observer.observe(values);
  return observer.histogram();
}

function gaussian(count: number, seed: number): Float32Array {
  const { uniform } = createRng(seed);
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}

const bell = gaussian(50_000, 5);
const withOutlier = Float32Array.from([...bell, 100]);
const oneSided = bell.map((value) => Math.max(0, value));

/** Mean squared error of 8 bits over [min, max], value by value. */
function errorOf(values: Float32Array, { min, max }: { min: number; max: number }): number {
  const step = (max - min) / 255;
  return values.reduce((sum, value) => {
    const back = Math.round((Math.min(max, Math.max(min, value)) - min) / step) * step + min;
    return sum + (value - back) ** 2;
  }, 0);
}

describe('range methods', () => {
  it('min-max returns what was seen', () => {
    expect(minmax.range(histogramOf(bell))).toEqual({ min: Math.min(...bell), max: Math.max(...bell) });
  });

  it('percentile and kl cut a lone outlier off', () => {
    for (const method of [percentile, kl]) expect(method.range(histogramOf(withOutlier)).max).toBeLessThan(10);
  });

  it('mse leaves the least squared error', () => {
    const values = bell.map((value) => value ** 3);
    const histogram = histogramOf(values);
    expect(mse.range(histogram).max).toBeLessThan(histogram.max);
    const errors = rangeMethods.map(({ name, range }) => ({ name, error: errorOf(values, range(histogram)) }));
    const least = errors.reduce((a, b) => (b.error < a.error ? b : a));
    expect(least.name).toBe('mse');
  });

  it('keep 0 as the lower edge of one-sided tensors', () => {
    for (const { range } of rangeMethods) expect(range(histogramOf(oneSided)).min).toBe(0);
  });

  it('survive constants and zeros', () => {
    for (const { range } of rangeMethods) {
      expect(range(histogramOf(new Float32Array(10)))).toEqual({ min: 0, max: 0 });
      const { min, max } = range(histogramOf(new Float32Array(10).fill(3)));
      expect(min).toBeLessThanOrEqual(3);
      expect(max).toBe(3);
    }
  });

  it('kl divergence is 0 where 8 bits can say everything and positive otherwise', () => {
    const divergence = divergences(new Float64Array(2040).fill(4));
    expect(divergence(0, 2040)).toBeCloseTo(0, 9);
    expect(divergence(0, 1020)).toBeGreaterThan(0.1);
  });

  it('kl divergence is that of its definition, on histograms with gaps, spikes and tails', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { uniform } = createRng(seed);
      const counts = Float64Array.from({ length: 300 + 90 * seed }, (_, bin) =>
        uniform() < 0.3 ? 0 : Math.floor(uniform() * 1000 * Math.exp(-bin / 200)) + (bin === 40 ? 1e5 : 0),
      );
      const divergence = divergences(counts);
      for (const [low, high] of [
        [0, counts.length],
        [0, 290],
        [17, counts.length - 3],
        [40, 299],
      ] as const) {
        expect(divergence(low, high)).toBeCloseTo(literalDivergence(counts, low, high), 9);
      }
    }
  });

  it('percentile cuts the same share on both sides, or all of it on one', () => {
    const sorted = bell.toSorted();
    const { min, max } = percentile.range(histogramOf(bell));
    const share = (low: number, high: number): number => sorted.filter((value) => value < low || value > high).length;
    expect(share(min, Infinity)).toBeLessThanOrEqual(2);
    expect(share(-Infinity, max)).toBeLessThanOrEqual(2);
    expect(share(min, max)).toBeGreaterThanOrEqual(2);
    const upper = percentile.range(histogramOf(oneSided));
    expect(upper.min).toBe(0);
    expect(share(-Infinity, upper.max)).toBeLessThanOrEqual(5);
    expect(share(-Infinity, upper.max)).toBeGreaterThanOrEqual(3);
  });
});

/** KL(P ‖ Q) bin by bin: P with the clipped mass on the edges, Q spread evenly over the bins of each of 255 groups that P has values in. */
function literalDivergence(counts: Float64Array, low: number, high: number): number {
  const p = counts.slice(low, high);
  counts.forEach((count, bin) => {
    if (bin < low) p[0] = p[0]! + count;
    if (bin >= high) p[p.length - 1] = p[p.length - 1]! + count;
  });
  const q = new Float64Array(p.length);
  for (let level = 0; level < 255; level++) {
    const bins = [...p.keys()].slice(Math.floor((level * p.length) / 255), Math.floor(((level + 1) * p.length) / 255));
    const occupied = bins.filter((bin) => p[bin]! > 0);
    const mass = bins.reduce((sum, bin) => sum + counts[low + bin]!, 0);
    for (const bin of occupied) q[bin] = mass / occupied.length;
  }
  const smooth = q.map((value) => Math.max(value, 1e-4));
  const [totalP, totalQ] = [p, smooth].map((values) => values.reduce((a, b) => a + b, 0)) as [number, number];
  return p.reduce(
    (sum, v, i) => (v === 0 ? sum : sum + (v / totalP) * Math.log(v / totalP / (smooth[i]! / totalQ))),
    0,
  );
}
