import { sumChannels } from './simd/observe.ts';

/** Sums are kept as whole multiples of 2^-64: adding those is exact, so that the order of samples does not matter. */
const UNIT = 2 ** 64;
const DIGITS = 5;

/** What was seen of a tensor's channels. */
export interface ChannelStatistics {
  /** Largest |value| of each channel. */
  readonly loudest: Float32Array;
  /** Mean of each channel, to five digits: more say nothing, and means travel in links. */
  readonly mean: readonly number[];
}

/** What a `ChannelObserver` has seen, as it travels from a worker. */
export interface ObservedChannels {
  readonly loudest: Float32Array;
  /** Sums in units of 2^-64. */
  readonly sums: readonly bigint[];
  /** Values per channel. */
  readonly count: number;
}

/** Largest magnitude and mean of every channel of a tensor. */
export class ChannelObserver {
  #loudest = new Float32Array(0);
  #sums: bigint[] = [];
  #count = 0;

  /**
   * Adds the values of one sample: element i belongs to channel floor(i / stride) mod `channels`. Summed in float64 within the
   * sample, exactly from one sample to the next.
   */
  observe(values: Float32Array, channels: number, stride: number): void {
    this.#grow(channels);
    sumChannels(values, stride, this.#loudest).forEach((sum, channel) => {
      this.#sums[channel] = (this.#sums[channel] as bigint) + BigInt(Math.round(sum * UNIT));
    });
    this.#count += values.length / Math.max(1, channels);
  }

  add({ loudest, sums, count }: ObservedChannels): void {
    this.#grow(loudest.length);
    this.#loudest = this.#loudest.map((value, channel) => Math.max(value, loudest[channel] ?? 0));
    this.#sums = this.#sums.map((sum, channel) => sum + (sums[channel] ?? 0n));
    this.#count += count;
  }

  get observed(): ObservedChannels {
    return { loudest: this.#loudest, sums: this.#sums, count: this.#count };
  }

  statistics(): ChannelStatistics {
    const mean = this.#sums.map((sum) => Number((Number(sum) / UNIT / Math.max(1, this.#count)).toPrecision(DIGITS)));
    return { loudest: this.#loudest, mean };
  }

  #grow(channels: number): void {
    if (this.#loudest.length === 0) this.#loudest = new Float32Array(channels);
    while (this.#sums.length < channels) this.#sums.push(0n);
  }
}
