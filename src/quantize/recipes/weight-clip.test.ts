import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../base/tensor.ts';
import type { WeightConfig } from '../config.ts';
import { randomTensor } from '../testing/build-model.ts';
import { quantizeWeight } from '../weight.ts';

const config: WeightConfig = { dtype: 'int8', scheme: 'sym', granularity: 'per_channel', algorithm: 'minmax' };

/** Sum of squared errors of each of four rows. */
function errors({ data }: Tensor, clip: boolean, dtype: WeightConfig['dtype'], axis: 0 | null): number[] {
  const weight: Tensor = { type: 'float32', dims: [4, 5000], data };
  const { codes, scales, zeroPoints } = quantizeWeight(
    weight,
    { ...config, dtype, scheme: dtype === 'int8' ? 'sym' : 'asym' },
    axis,
    undefined,
    clip,
  );
  const sums = [0, 0, 0, 0];
  (data as Float32Array).forEach((value, i) => {
    const row = Math.floor(i / 5000);
    const at = axis === null ? 0 : row;
    sums[row]! += (value - (codes[i]! - zeroPoints[at]!) * scales[at]!) ** 2;
  });
  return sums;
}

const even = randomTensor([4, 5000]);
/** Rows 1 and 3 with one value that is twice as large as all others. */
const spiky: Tensor = { ...even, data: (even.data as Float32Array).map((v, i) => (i === 6000 || i === 19999 ? 2 : v)) };

describe('weight clip', () => {
  it('lowers the error of channels with outliers and raises none', () => {
    const [plain, clipped] = [errors(spiky, false, 'int8', 0), errors(spiky, true, 'int8', 0)] as [number[], number[]];
    for (const row of [0, 2]) expect(clipped[row]!).toBeLessThanOrEqual(plain[row]!);
    for (const row of [1, 3]) expect(clipped[row]!).toBeLessThan(0.98 * plain[row]!);
  });

  it.each([
    ['int8', null],
    ['uint8', null],
    ['int8', 0],
  ] as const)('never raises the error: %s along %s', (dtype, axis) => {
    const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);
    for (const tensor of [even, spiky]) {
      expect(sum(errors(tensor, true, dtype, axis))).toBeLessThanOrEqual(
        sum(errors(tensor, false, dtype, axis)) * (1 + 1e-9),
      );
    }
  });
});
