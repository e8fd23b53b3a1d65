import { describe, expect, it } from 'vitest';
import { randomTensor } from './testing/build-model.ts';
import { ChannelObserver } from './channel-observer.ts';

const samples = [1, 2, 3, 4, 5].map((seed) => randomTensor([3, 4, 5], seed).data as Float32Array);

/** Statistics of channels along an axis of [3, 4, 5], value by value. */
function expected(channels: number, channelOf: (i: number) => number): { loudest: number[]; mean: number[] } {
  const loudest = new Array<number>(channels).fill(0);
  const sums = new Array<number>(channels).fill(0);
  for (const sample of samples) {
    sample.forEach((value, i) => {
      const channel = channelOf(i);
      loudest[channel] = Math.max(loudest[channel] as number, Math.abs(value));
      sums[channel] = (sums[channel] as number) + value;
    });
  }
  const count = (samples.length * 60) / channels;
  return { loudest, mean: sums.map((sum) => sum / count) };
}

describe('ChannelObserver', () => {
  it.each([
    [5, 1, (i: number) => i % 5],
    [4, 5, (i: number) => Math.floor(i / 5) % 4],
  ])('finds magnitude and mean of %d channels, stride %d', (channels, stride, channelOf) => {
    const observer = new ChannelObserver();
    for (const sample of samples) observer.observe(sample, channels, stride);
    const { loudest, mean } = observer.statistics();
    const wanted = expected(channels, channelOf);
    expect([...loudest]).toEqual(wanted.loudest);
    mean.forEach((value, i) => expect(value).toBeCloseTo(wanted.mean[i] as number, 4));
  });

  it('depends neither on the order of samples nor on how workers shared them', () => {
    const observed = (order: readonly number[]): ChannelObserver => {
      const observer = new ChannelObserver();
      for (const i of order) observer.observe(samples[i] as Float32Array, 4, 5);
      return observer;
    };
    const whole = observed([0, 1, 2, 3, 4]);
    expect(observed([3, 0, 4, 2, 1]).observed).toEqual(whole.observed);
    const total = new ChannelObserver();
    for (const worker of [[4, 2], [], [1, 0, 3]]) total.add(observed(worker).observed);
    expect(total.observed).toEqual(whole.observed);
  });
});
