import { describe, expect, it } from 'vitest';
import { createRng } from '../../base/rng.ts';
import { emptyHistogram, HISTOGRAM_BINS, observeExtremes, observeHistogram, type Histogram } from '../observer.ts';
import { divergence, kl } from './kl.ts';
import { minmax } from './minmax.ts';
import { mse } from './mse.ts';
import { percentile } from './percentile.ts';
import { allRanges, rangeMethods } from './registry.ts';

function histogramOf(values: Float32Array): Histogram {
  const { min, max } = observeExtremes(values);
  const histogram = emptyHistogram(min, max);
  observeHistogram(histogram, values);
  return histogram;
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
    const { min, max } = observeExtremes(bell);
    expect(minmax.range(histogramOf(bell))).toEqual({ min, max });
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

  it('do not depend on the order of samples or on how they were cut', () => {
    const { min, max } = observeExtremes(withOutlier);
    const pieces = emptyHistogram(min, max);
    for (let i = withOutlier.length; i > 0; i -= 777) {
      observeHistogram(pieces, withOutlier.slice(Math.max(0, i - 777), i));
    }
    expect(allRanges(new Map([['t', pieces]]))).toEqual(allRanges(new Map([['t', histogramOf(withOutlier)]])));
  });

  it('kl divergence is 0 where 8 bits can say everything and positive otherwise', () => {
    const flat = new Float64Array(HISTOGRAM_BINS).fill(4);
    expect(divergence(flat, 0, HISTOGRAM_BINS)).toBeCloseTo(0, 9);
    expect(divergence(flat, 0, HISTOGRAM_BINS / 2)).toBeGreaterThan(0.1);
  });
});

describe('observeExtremes', () => {
  it.each([NaN, Infinity, -Infinity])('names the first %d', (value) => {
    expect(observeExtremes(Float32Array.of(1, 2, value, NaN)).nonFiniteAt).toBe(2);
  });
});
