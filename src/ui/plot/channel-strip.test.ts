import { expect, test } from 'vitest';
import { channelStrip, STRIP_HEIGHT } from './channel-strip.ts';

test('a loud channel stands out, dead ones do not count', () => {
  const strip = channelStrip([1, 0, 1, 10, 1.2], 200)!;
  expect(strip).toMatchObject({ largest: 3, ratio: 10, loud: 1 });
  expect(strip.bars.map(({ isLoud }) => isLoud)).toEqual([false, false, false, true, false]);
  expect(strip.bars.map(({ height }) => height.toFixed(2))).toEqual(['3.60', '0.00', '3.60', '36.00', '4.32']);
  expect(strip.medianY).toBeCloseTo(STRIP_HEIGHT - 3.6);
});

test('a loud one among more channels than pixels is not lost', () => {
  const channels = Array.from({ length: 3000 }, (_, i) => (i === 1234 ? 50 : 1));
  const strip = channelStrip(channels, 300)!;
  expect(strip.bars).toHaveLength(150);
  expect(strip.bars.filter(({ isLoud }) => isLoud)).toHaveLength(1);
  expect(strip.largest).toBe(1234);
});

test('there is nothing to draw of channels that are all 0', () => {
  expect(channelStrip([0, 0], 100)).toBeNull();
});
