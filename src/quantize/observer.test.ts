import { describe, expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import { TensorObserver, type Histogram } from './observer.ts';

function seen(...pieces: readonly Float32Array[]): TensorObserver {
  const observer = new TensorObserver();
  for (const piece of pieces) expect(observer.observe(piece)).toBe(-1);
  return observer;
}

/** Values of very different sizes, so that bins are merged many times. */
function values(count: number, seed: number): Float32Array {
  const { uniform } = createRng(seed);
  return Float32Array.from({ length: count }, () => (uniform() - 0.4) * 10 ** (uniform() * 12 - 8));
}

function counted({ origin, width, counts }: Histogram, from: readonly number[]): Float64Array {
  const found = new Float64Array(counts.length);
  for (const value of from) {
    const bin = Math.floor(value / width) - origin / width;
    found[bin] = (found[bin] as number) + 1;
  }
  return found;
}

describe('TensorObserver', () => {
  it('counts as if the final bins had been known from the start', () => {
    const all = values(5000, 1);
    const histogram = seen(all).histogram();
    expect(histogram).toMatchObject({ min: Math.min(...all), max: Math.max(...all) });
    expect(histogram.counts).toEqual(counted(histogram, [...all]));
    expect(Math.log2(histogram.width) % 1).toBe(0);
  });

  it('counts a tensor whose values grow all along', () => {
    const all = Float32Array.from({ length: 40_000 }, (_, i) => (i % 2 ? 1 : -1) * 1.0005 ** i);
    const histogram = seen(all).histogram();
    expect(histogram.counts).toEqual(counted(histogram, [...all]));
  });

  it('has more than 2048 bins on the side that reaches further', () => {
    for (const sign of [1, -1]) {
      const { counts } = seen(Float32Array.from({ length: 1000 }, (_, i) => (sign * i) / 700)).histogram();
      expect(counts.length).toBeGreaterThan(2048);
    }
  });

  it('depends neither on the order of samples nor on how workers shared them', () => {
    const all = values(4000, 2);
    const pieces = Array.from({ length: 8 }, (_, i) => all.slice(i * 500, (i + 1) * 500));
    const whole = seen(all).histogram();
    const zeros = Float32Array.of(0, 0, 0, 0, -0, -0, -0, -0);
    expect(seen(zeros).histogram()).toEqual(seen(zeros.toReversed()).histogram());
    expect(seen(...pieces.toReversed()).histogram()).toEqual(whole);
    const total = new TensorObserver();
    for (const worker of [[5, 1], [7], [], [0, 6, 3, 2, 4]]) {
      total.add(seen(...worker.map((i) => pieces[i] as Float32Array)).observed);
    }
    expect(total.histogram()).toEqual(whole);
  });

  it('gives 0 to 0 where nothing or only zeros were seen', () => {
    for (const observer of [seen(), seen(new Float32Array(3))]) {
      expect(observer.histogram()).toMatchObject({ min: 0, max: 0, counts: { length: 1 } });
    }
  });

  it.each([NaN, Infinity, -Infinity])('names the first %d', (value) => {
    expect(new TensorObserver().observe(Float32Array.of(1, 2, value, NaN))).toBe(2);
  });
});
