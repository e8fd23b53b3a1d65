import { describe, expect, it } from 'vitest';
import { dequantizeValue, integerRange, quantizationParameters, quantizeValue, roundHalfEven } from './numerics.ts';

describe('roundHalfEven', () => {
  it.each([
    [0.5, 0],
    [-0.5, -0],
    [1.5, 2],
    [2.5, 2],
    [-1.5, -2],
    [-2.5, -2],
    [0.49999999999999994, 0],
    [1e9 + 0.5, 1e9],
    [3, 3],
  ])('%d → %d', (value, rounded) => expect(roundHalfEven(value) + 0).toBe(rounded + 0));
});

describe('quantizationParameters', () => {
  const u8 = integerRange('uint8');
  it('contains 0 in one-sided ranges', () => {
    expect(quantizationParameters(2, 255, u8, false)).toEqual({ scale: 1, zeroPoint: 0 });
    expect(quantizationParameters(-255, -3, u8, false)).toEqual({ scale: 1, zeroPoint: 255 });
  });
  it('puts symmetric zero points in the middle', () => {
    expect(quantizationParameters(-1, 0.5, u8, true).zeroPoint).toBe(128);
    expect(quantizationParameters(-1, 0.5, integerRange('int8', true), true).zeroPoint).toBe(0);
    expect(quantizationParameters(-1, 0.5, integerRange('uint16'), true).zeroPoint).toBe(32768);
    expect(quantizationParameters(-1, 0.5, integerRange('uint4'), true).zeroPoint).toBe(8);
  });
  it('never gives scale 0', () => {
    expect(quantizationParameters(0, 0, u8, false)).toEqual({ scale: 1, zeroPoint: 0 });
    expect(quantizationParameters(-1e-40, 1e-40, u8, false)).toEqual({ scale: 1, zeroPoint: 0 });
  });
  it('rounds the scale to float32 and saturates codes at both ends', () => {
    const parameters = quantizationParameters(-0.3, 1, u8, false);
    expect(parameters.scale).toBe(Math.fround(parameters.scale));
    expect(quantizeValue(9, parameters, u8)).toBe(255);
    expect(quantizeValue(-9, parameters, u8)).toBe(0);
    expect(dequantizeValue(quantizeValue(0, parameters, u8), parameters)).toBe(0);
  });
});
