import { describe, expect, it } from 'vitest';
import { Fault } from '../../base/fault.ts';
import type { Sample } from '../sample.ts';
import { chainTransforms } from './chain.ts';
import { resizePicture, type Interpolation } from './resample.ts';

/** 4 rows, 5 columns, one channel. */
const values = Array.from({ length: 20 }, (_, i) => ((i * i) % 17) * 10);
const picture: Sample = { type: 'float32', dims: [4, 5, 1], data: Float32Array.from(values) };

/** What cv2.resize 5.0 gives for the same values. */
const OPENCV: Record<string, number[]> = {
  'bilinear-3x2': [31.6667, 95.0, 133.3333, 68.3333, 40.0, 71.6667],
  'bilinear-8x6': [
    0.0, 4.375, 11.875, 30.625, 55.625, 86.875, 129.375, 160.0, 40.0, 29.0625, 20.0, 70.0, 99.6875, 109.0625, 129.6875,
    145.0, 91.6667, 60.3125, 27.3958, 101.3542, 137.2917, 135.2083, 128.4375, 123.3333, 138.3333, 86.5625, 24.4792,
    69.2708, 111.4583, 151.0417, 122.1875, 96.6667, 95.0, 60.0, 16.5625, 32.1875, 54.0625, 82.1875, 73.75, 65.0, 40.0,
    26.875, 9.375, 3.125, 3.125, 9.375, 26.875, 40.0,
  ],
  'bilinear-3x7': [
    3.3333, 40.0, 136.6667, 23.5714, 79.2857, 134.2857, 55.9524, 142.1429, 130.4762, 83.3333, 115.0, 121.6667, 101.1905,
    74.2857, 107.381, 57.381, 28.5714, 59.7619, 30.0, 0.0, 30.0,
  ],
  'nearest-3x2': [0.0, 10.0, 90.0, 150.0, 20.0, 160.0],
  'nearest-3x7': [
    0.0, 10.0, 90.0, 0.0, 10.0, 90.0, 80.0, 20.0, 130.0, 80.0, 20.0, 130.0, 150.0, 20.0, 160.0, 150.0, 20.0, 160.0,
    40.0, 10.0, 10.0,
  ],
  'bicubic-3x2': [22.8241, 101.5625, 135.978, 73.287, 33.4375, 72.6331],
  'bicubic-8x6': [
    -8.4369, -1.7562, 10.6995, 18.8159, 45.3768, 80.6661, 134.4339, 169.6667, 35.1491, 18.523, 18.5256, 74.7037,
    110.7035, 105.4335, 131.3403, 152.6084, 106.1284, 54.9507, 24.3141, 110.1723, 163.1026, 141.9965, 129.3504,
    120.8652, 162.9457, 88.7936, 19.3666, 61.7884, 131.6568, 168.9982, 135.2758, 93.0757, 109.5985, 62.8683, 12.2004,
    17.6648, 52.7145, 86.256, 77.0576, 58.7841, 32.4306, 22.5862, 7.4441, -3.7525, -9.526, -4.8535, 19.3513, 39.2506,
  ],
  'bicubic-3x7': [
    -3.7182, 29.0862, 141.9167, 16.1502, 81.7866, 137.4653, 48.4952, 146.9397, 130.1401, 91.7245, 132.8125, 129.5775,
    103.8659, 72.1893, 111.0238, 59.7294, 22.9546, 59.4375, 23.7066, -7.9373, 22.641,
  ],
  'area-3x2': [30.0, 82.0, 131.0, 63.0, 44.0, 73.0],
  'area-3x7': [
    4.0, 34.0, 132.0, 17.0, 56.5, 131.5, 56.0, 124.0, 130.0, 77.0, 96.0, 124.0, 98.0, 68.0, 118.0, 45.5, 18.5, 50.5,
    28.0, 2.0, 28.0,
  ],
  'u8-bicubic-8x6': [
    0, 0, 11, 19, 45, 81, 134, 170, 35, 19, 19, 75, 111, 105, 131, 153, 106, 55, 24, 110, 163, 142, 129, 121, 163, 89,
    19, 62, 132, 169, 135, 93, 110, 63, 12, 18, 53, 86, 77, 59, 32, 23, 7, 0, 0, 0, 19, 39,
  ],
};

describe('resizePicture', () => {
  it.each(Object.keys(OPENCV).filter((key) => !key.startsWith('u8')))('%s as OpenCV', (key) => {
    const [interpolation, size = ''] = key.split('-');
    const [width = 0, height = 0] = size.split('x').map(Number);
    const resized = resizePicture(picture, width, height, interpolation as Interpolation);
    expect(resized.dims).toEqual([height, width, 1]);
    resized.data.forEach((value, i) => expect(value).toBeCloseTo(OPENCV[key]![i]!, 3));
  });

  it('rounds and limits bytes', () => {
    const bytes = resizePicture({ ...picture, type: 'uint8' }, 8, 6, 'bicubic');
    expect([...bytes.data]).toEqual(OPENCV['u8-bicubic-8x6']);
  });

  it('keeps channels apart', () => {
    const two: Sample = { type: 'float32', dims: [1, 2, 2], data: Float32Array.of(0, 10, 4, 30) };
    expect([...resizePicture(two, 4, 1, 'bilinear').data]).toEqual([0, 10, 1, 15, 3, 25, 4, 30]);
  });
});

/** 2 rows, 3 columns, three channels: 0 … 17. */
const colours: Sample = { type: 'uint8', dims: [2, 3, 3], data: Float32Array.from({ length: 18 }, (_, i) => i) };

function run(
  name: string,
  options: Record<string, unknown> = {},
  sample = colours,
): { dims: readonly number[]; data: number[] } {
  const { dims, data } = chainTransforms([{ name, options }])(sample);
  return { dims, data: [...data] };
}

function faultOf(action: () => unknown): Fault {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

describe('transforms', () => {
  it('crop', () => {
    expect(run('CenterCrop', { size: [2, 1] })).toEqual({ dims: [2, 1, 3], data: [3, 4, 5, 12, 13, 14] });
    expect(run('CenterCrop', { size: 2 }).data).toEqual([0, 1, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14]);
    const box = { offset_height: 1, offset_width: 2, target_height: 1, target_width: 1 };
    expect(run('CropToBoundingBox', box)).toEqual({ dims: [1, 1, 3], data: [15, 16, 17] });
    expect(run('CropResize', { x: 1, y: 0, width: 1, height: 1, size: [2, 1] })).toEqual({
      dims: [1, 2, 3],
      data: [3, 4, 5, 3, 4, 5],
    });
    expect(faultOf(() => run('CenterCrop', { size: 4 })).code).toBe('data-transform-invalid');
  });

  it('Resize takes one size for both sides, or width and height', () => {
    expect(run('Resize', { size: 4 }).dims).toEqual([4, 4, 3]);
    expect(run('Resize', { size: [5, 4], interpolation: 'nearest' }).dims).toEqual([4, 5, 3]);
  });

  it('ResizeWithAspectRatio leaves a margin around the later crop', () => {
    const wide: Sample = { type: 'uint8', dims: [100, 200, 1], data: new Float32Array(20000).fill(7) };
    expect(run('ResizeWithAspectRatio', { height: 35, width: 35 }, wide).dims).toEqual([40, 80, 1]);
    const tall: Sample = { ...wide, dims: [200, 100, 1] };
    const { dims, data } = run('ResizeWithAspectRatio', { height: 35, width: 35 }, tall);
    expect(dims).toEqual([80, 40, 1]);
    expect(new Set(data)).toEqual(new Set([7]));
  });

  it('ImageNet chains scale, crop and normalise', () => {
    const gray: Sample = { type: 'uint8', dims: [4, 8, 3], data: new Float32Array(96).fill(51) };
    const options = { height: 2, width: 2, resize_side: 2, mean_value: [0.1, 0.2, 0.3], std_value: [0.5, 0.5, 0.5] };
    const first = run('ResizeCropImagenet', options, gray);
    expect(first.dims).toEqual([3, 2, 2]);
    [0.2, 0, -0.2].forEach((value, c) => expect(first.data[c * 4]).toBeCloseTo(value, 6));
    const second = run('BilinearImagenet', { height: 2, width: 3, scale: 2 }, gray);
    expect(second.dims).toEqual([2, 3, 3]);
    second.data.forEach((value) => expect(value).toBeCloseTo(-1.2, 6));
    expect(faultOf(() => run('ResizeCropImagenet', { ...options, random_crop: true }, gray)).code).toBe(
      'data-transform-invalid',
    );
  });

  it('Normalize and Rescale', () => {
    expect(run('Normalize', { mean: [0, 1, 2], std: [1, 2, 4] }).data.slice(0, 6)).toEqual([0, 0, 0, 3, 1.5, 0.75]);
    expect(run('Normalize', { mean: 127.5, std: 127.5 }).data[0]).toBe(-1);
    expect(run('Rescale').data[17]).toBe(Math.fround(17 / 255));
    expect(faultOf(() => run('Normalize', { mean: [1, 2] })).code).toBe('data-transform-invalid');
    expect(faultOf(() => run('Normalize', { std: 0 })).code).toBe('config-invalid-value');
  });

  it('Transpose puts channels first and refuses what is no order', () => {
    const { dims, data } = run('Transpose', { perm: [2, 0, 1] });
    expect(dims).toEqual([3, 2, 3]);
    expect(data.slice(0, 9)).toEqual([0, 3, 6, 9, 12, 15, 1, 4, 7]);
    expect(faultOf(() => run('Transpose', { perm: [0, 3, 1, 2] })).code).toBe('data-transform-invalid');
  });

  it('Cast cuts off fractions', () => {
    const sample: Sample = { type: 'float32', dims: [4], data: Float32Array.of(1.7, -1.7, 0, 300.5) };
    expect(run('Cast', { dtype: 'int32' }, sample).data).toEqual([1, -1, 0, 300]);
    expect(run('Cast', { dtype: 'uint8' }, sample).data).toEqual([1, 255, 0, 44]);
    expect(run('Cast', { dtype: 'bool' }, sample).data).toEqual([1, 1, 0, 1]);
    expect(run('Cast', {}, sample).data).toEqual([...sample.data]);
  });

  it('channels', () => {
    expect(run('ReverseChannels').data.slice(0, 6)).toEqual([2, 1, 0, 5, 4, 3]);
    expect(run('AlignImageChannel', { dim: 1 }).data).toEqual([1, 4, 7, 10, 13, 16]);
    const gray: Sample = { type: 'uint8', dims: [1, 2, 1], data: Float32Array.of(5, 6) };
    expect(run('AlignImageChannel', {}, gray)).toEqual({ dims: [1, 2, 3], data: [5, 5, 5, 6, 6, 6] });
    expect(run('ToArray').data).toEqual([...colours.data]);
  });

  it('PadToSize fills up right and below, and never cuts', () => {
    const gray: Sample = { type: 'uint8', dims: [1, 2, 1], data: Float32Array.of(5, 6) };
    expect(run('PadToSize', { width: 3, height: 2, value: 9 }, gray)).toEqual({
      dims: [2, 3, 1],
      data: [5, 6, 9, 9, 9, 9],
    });
    expect(faultOf(() => run('PadToSize', { width: 1, height: 2 }, gray)).code).toBe('data-transform-invalid');
  });
});

describe('chainTransforms', () => {
  it('applies steps in order', () => {
    const chain = chainTransforms([
      { name: 'Transpose', options: { perm: [2, 0, 1] } },
      { name: 'Rescale', options: {} },
    ]);
    expect(chain(colours).dims).toEqual([3, 2, 3]);
  });

  it('refuses what is random, and names the nearest of what is unknown', () => {
    expect(faultOf(() => chainTransforms([{ name: 'RandomCrop', options: { size: 3 } }])).code).toBe(
      'data-transform-invalid',
    );
    const unknown = faultOf(() => chainTransforms([{ name: 'Normalise', options: {} }]));
    expect(unknown.code).toBe('data-transform-invalid');
    expect(unknown.details.next).toContain('Normalize');
    expect(faultOf(() => chainTransforms([{ name: 'Resize', options: { sise: 3 } }])).code).toBe('config-unknown-key');
    expect(faultOf(() => chainTransforms([{ name: 'Resize', options: {} }])).code).toBe('config-missing-key');
  });

  it('says which step a sample does not suit', () => {
    const flat: Sample = { type: 'float32', dims: [3], data: Float32Array.of(1, 2, 3) };
    expect(faultOf(() => chainTransforms([{ name: 'CenterCrop', options: { size: 1 } }])(flat)).details.place).toBe(
      'transform.CenterCrop',
    );
  });
});
