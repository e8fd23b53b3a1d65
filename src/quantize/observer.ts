/** Bins on each side of 0: the side that reaches further fills more than half of its bins. */
const SIDE_BINS = 4096;
/** Exponent of the narrowest bins: the smallest float32 is as wide. */
const FINEST = -149;

/** Counts of one call; all zero between calls. */
const TABLES = [0, 1, 2, 3].map(() => new Uint32Array(2 * SIDE_BINS)) as [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
];

function emptyInto(table: Uint32Array, counts: Float64Array): void {
  for (let bin = 0; bin < table.length; bin++) counts[bin] = (counts[bin] as number) + (table[bin] as number);
  table.fill(0);
}

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
    let i = 0;
    while (i < values.length) {
      i = this.#countKnown(values, i);
      for (const end = Math.min(i + 4, values.length); i < end; i++) {
        const value = values[i] as number;
        if (value - value !== 0) return i;
        this.#extend(value);
        const bin = Math.floor(value / 2 ** this.#exponent) + SIDE_BINS;
        this.#counts[bin] = (this.#counts[bin] as number) + 1;
      }
    }
    return -1;
  }

  /**
   * Counts values from `start` on, four at a time, while they lie within the extremes; returns where that ended. The four
   * go to tables of their own: neighbours often fall into the same bin, and one increment would wait for the other.
   */
  #countKnown(values: Float32Array, start: number): number {
    const [min, max, perUnit] = [this.#min, this.#max, 2 ** -this.#exponent];
    const [first, second, third, fourth] = TABLES;
    let i = start;
    for (; i + 3 < values.length; i += 4) {
      const a = values[i] as number;
      const b = values[i + 1] as number;
      const c = values[i + 2] as number;
      const d = values[i + 3] as number;
      // NaN fails the comparisons too.
      if (!(a >= min && a <= max && b >= min && b <= max && c >= min && c <= max && d >= min && d <= max)) break;
      const [p, q] = [(Math.floor(a * perUnit) | 0) + SIDE_BINS, (Math.floor(b * perUnit) | 0) + SIDE_BINS];
      const [r, s] = [(Math.floor(c * perUnit) | 0) + SIDE_BINS, (Math.floor(d * perUnit) | 0) + SIDE_BINS];
      first[p] = (first[p] as number) + 1;
      second[q] = (second[q] as number) + 1;
      third[r] = (third[r] as number) + 1;
      fourth[s] = (fourth[s] as number) + 1;
    }
    if (i > start) for (const table of TABLES) emptyInto(table, this.#counts);
    return i;
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

  /** Widens extremes, and bins until `value` falls into one. */
  #extend(value: number): void {
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    let exponent = this.#exponent;
    while (value >= SIDE_BINS * 2 ** exponent || value < -SIDE_BINS * 2 ** exponent) exponent++;
    if (exponent === this.#exponent) return;
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
