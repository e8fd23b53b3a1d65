import { expect, it } from 'vitest';
import type { TuningSpace } from '../tuning/types.ts';
import { openTarget, spaceOn, type Target } from './target.ts';

const space: TuningSpace = {
  ops: [],
  samplingSizes: [100],
  weightStorage: 'auto',
  smoothQuant: [],
  smoothAlways: false,
  recipes: {
    equalization: 'off',
    weightClip: 'off',
    biasCorrection: 'off',
    outlierChannels: 'off',
    matmulNBits: 'off',
  },
  float16Compute: 'offered',
};

const target = (float16: boolean): Target => ({
  provider: 'webgpu',
  pool: { workers: [], terminate: () => undefined },
  device: { name: 'google swiftshader', float16 },
});

it('offers float16 compute where the device has it, and says where it has not', () => {
  expect(spaceOn(target(true), space)).toEqual({ space, warnings: [] });
  const without = spaceOn(target(false), space);
  expect(without.space.float16Compute).toBeUndefined();
  expect(without.warnings).toMatchObject([{ code: 'float16-unavailable', message: expect.stringContaining('google') }]);
});

it('refuses a configuration that asks for float16 where there is none', () => {
  expect(() => spaceOn(target(false), { ...space, float16Compute: 'always' })).toThrow('shader-f16');
});

it('names the key that asks for a device that is not there', async () => {
  const without = { pool: target(false).pool };
  await expect(openTarget('gpu', without)).rejects.toMatchObject({ details: { place: 'device: gpu' } });
  const calibrating = openTarget('gpu', without, 'quantization.calibration.device');
  await expect(calibrating).rejects.toMatchObject({ details: { place: 'quantization.calibration.device: gpu' } });
  const scoring = openTarget('gpu', without, 'evaluation.accuracy.device');
  await expect(scoring).rejects.toMatchObject({ details: { place: 'evaluation.accuracy.device: gpu' } });
});
