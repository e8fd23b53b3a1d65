import { CHUNK, countLoaded, loadValues, SIDE_BINS, takeCounts } from './simd/observe.ts';

/** Exponent of the narrowest bins: the reciprocal of a finer width is no float32. */
const FINEST = -126;

/**
 * Counts of a tensor's values in equal bins whose edges are whole multiples of the width, a power of two; 0 is an edge.
 * Counts are whole numbers, so that sums depend neither on the order of samples nor on how they were spread over workers.
 */
export interface Histogram {
  /** Smallest and largest value seen; 0 where nothing was. */
  readonly min: number;
  readonly max: number;
  /** Lower edge of the first bin, which holds `min`; the last holds `max`. */
  readonly origin: number;
  readonly width: number;
  readonly counts: Float64Array;
}

/** What a `TensorObserver` has seen, as it travels from a worker. */
export interface ObservedValues {
  readonly min: number;
  readonly max: number;
  /** Bins are 2^exponent wide; the middle one begins at 0. */
  readonly exponent: number;
  readonly counts: Float64Array;
}

/**
 * Histogram of a tensor in one pass, without knowing its range beforehand: when a value falls outside, bins are merged in
 * pairs until it fits. Since every coarser grid contains the edges of the finer ones, the counts are those that the final
 * width gives from the start.
 */
export class TensorObserver {
  #min = Infinity;
  #max = -Infinity;
  #exponent = FINEST;
  readonly #counts = new Float64Array(2 * SIDE_BINS);

  /** Counts `values`; returns the index of the first that is NaN or infinite, behind which nothing was counted, or -1. */
  observe(values: Float32Array): number {
    for (let start = 0; start < values.length; start += CHUNK) {
      const chunk = values.subarray(start, start + CHUNK);
      const extremes = loadValues(chunk);
      if (!extremes) {
        const at = chunk.findIndex((value) => !Number.isFinite(value));
        this.observe(chunk.subarray(0, at));
        return start + at;
      }
      this.#extend(extremes.min);
      this.#extend(extremes.max);
      countLoaded(chunk.length, this.#exponent);
    }
    this.#take();
    return -1;
  }

  add({ min, max, exponent, counts }: ObservedValues): void {
    if (min > max) return;
    this.#extend(min);
    this.#extend(max);
    mergeBins(counts, this.#counts, this.#exponent - exponent);
  }

  get observed(): ObservedValues {
    return { min: this.#min, max: this.#max, exponent: this.#exponent, counts: this.#counts };
  }

  histogram(): Histogram {
    if (this.#min > this.#max) return { min: 0, max: 0, origin: 0, width: 1, counts: new Float64Array(1) };
    const width = 2 ** this.#exponent;
    const [first, last] = [Math.floor(this.#min / width), Math.floor(this.#max / width)];
    return {
      min: this.#min,
      max: this.#max,
      origin: first * width,
      width,
      counts: this.#counts.slice(first + SIDE_BINS, last + SIDE_BINS + 1),
    };
  }

  #take(): void {
    const width = 2 ** this.#exponent;
    const [first, last] = [Math.floor(this.#min / width), Math.floor(this.#max / width)];
    takeCounts(this.#counts, first + SIDE_BINS, last + SIDE_BINS);
  }

  /** Widens extremes, and bins until `value` falls into one. */
  #extend(value: number): void {
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    let exponent = this.#exponent;
    while (value >= SIDE_BINS * 2 ** exponent || value < -SIDE_BINS * 2 ** exponent) exponent++;
    if (exponent === this.#exponent) return;
    this.#take();
    const finer = this.#counts.slice();
    this.#counts.fill(0);
    mergeBins(finer, this.#counts, exponent - this.#exponent);
    this.#exponent = exponent;
  }
}

/** Adds counts to bins that are 2^steps times as wide. */
function mergeBins(finer: Float64Array, coarser: Float64Array, steps: number): void {
  for (let bin = 0; bin < finer.length; bin++) {
    const count = finer[bin] as number;
    if (count === 0) continue;
    const at = Math.floor((bin - SIDE_BINS) / 2 ** steps) + SIDE_BINS;
    coarser[at] = (coarser[at] as number) + count;
  }
}
