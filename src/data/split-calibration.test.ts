import { expect, it } from 'vitest';
import { createRng } from '../base/rng.ts';
import type { Dataset } from './dataset.ts';
import { splitCalibration } from './split-calibration.ts';

/** Sample i holds the number i. */
const numbered = (count: number): Dataset => ({
  name: 'numbers',
  count,
  hasLabels: false,
  warnings: [],
  sha256: async () => 'x',
  read: async (start, rows) => ({
    inputs: { x: { type: 'float32', dims: [rows, 1], data: Float32Array.from({ length: rows }, (_, i) => start + i) } },
  }),
});
const numbersOf = async (dataset: Dataset): Promise<number[]> => [
  ...((await dataset.read(0, dataset.count)).inputs['x']?.data as Float32Array),
];

it('gives each sample to one of both, the same by the same seed, spread over the data', async () => {
  const split = splitCalibration(numbered(1000), 100, createRng(7));
  const [calibration, evaluation] = [await numbersOf(split!.calibration), await numbersOf(split!.evaluation)];
  expect([calibration.length, evaluation.length]).toEqual([100, 900]);
  expect([...calibration, ...evaluation].sort((a, b) => a - b)).toEqual(await numbersOf(numbered(1000)));
  expect(calibration.filter((number) => number < 500)).toHaveLength(50);
  expect(await numbersOf(splitCalibration(numbered(1000), 100, createRng(7))!.calibration)).toEqual(calibration);
  expect(await numbersOf(splitCalibration(numbered(1000), 100, createRng(8))!.calibration)).not.toEqual(calibration);
});

it('takes a quarter of few samples, and nothing of very few', () => {
  expect(splitCalibration(numbered(100), 100, createRng(1))).toMatchObject({
    calibration: { count: 25 },
    evaluation: { count: 75 },
  });
  expect(splitCalibration(numbered(39), 100, createRng(1))).toBeNull();
});
