import { expect, it } from 'vitest';
import {
  formatBetween,
  formatDuration,
  formatLatency,
  formatSize,
  formatSpeed,
  modelStem,
  scoreFormat,
} from './format.ts';

it('writes sizes in decimal units', () => {
  expect([0, 999, 1234, 648_361, 12_718_914, null].map(formatSize)).toEqual([
    '0 B',
    '999 B',
    '1.2 kB',
    '648 kB',
    '12.72 MB',
    '–',
  ]);
});

it('writes shares of right answers as percentages, errors as numbers', () => {
  const accuracy = scoreFormat({ higherIsBetter: true }, 0.8755);
  expect(accuracy.score(0.869)).toBe('86.90 %');
  expect(accuracy.difference(-0.0065)).toBe('−0.65');
  expect(accuracy.difference(0)).toBe('0.00');
  expect(accuracy.width(0.0071)).toBe('0.71');
  const error = scoreFormat({ higherIsBetter: false }, 0.0312);
  expect(error.score(0.03124)).toBe('0.031240');
  expect(error.difference(0.001)).toBe('+0.00100');
});

it('writes times and speeds', () => {
  expect([0.39, 12.3456, 1234.5].map(formatLatency)).toEqual(['0.390 ms', '12.35 ms', '1235 ms']);
  expect([3.21, 42.4, 150, 6000].map(formatDuration)).toEqual(['3.2 s', '42 s', '3 min', '1 h 40 min']);
  const ranges = [
    [3.2, 5.1],
    [40, 130],
    [12.1, 12.3],
    [150, 6000],
  ] as const;
  expect(ranges.map(formatBetween)).toEqual(['3.2 to 5.1 s', '40 s to 2 min', '12 s', '3 min to 1 h 40 min']);
  expect([0.5, null].map(formatSpeed)).toEqual(['2.00×', '–']);
});

it('names files after the model', () => {
  expect(['nets/resnet.onnx', 'a.b.ONNX', '.onnx'].map(modelStem)).toEqual(['resnet', 'a.b', 'model']);
});
