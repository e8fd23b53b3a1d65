import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import type { Tensor } from '../base/tensor.ts';
import { thumbnail } from './thumbnail.ts';

function tensor(dims: number[], valueAt: (i: number) => number): Tensor {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return { type: 'float32', dims, data: Float32Array.from({ length: count }, (_, i) => valueAt(i)) };
}

function pictureOf(input: Tensor, isReversed = false) {
  const [, data = ''] = (thumbnail(input, { isReversed }) ?? '').split('base64,');
  return decode(Uint8Array.from(atob(data), (character) => character.charCodeAt(0)));
}

test('a plane of normalised values is stretched to gray levels', () => {
  const picture = pictureOf(tensor([1, 1, 8, 16], (i) => i / 64 - 1));
  expect([picture.width, picture.height, picture.channels]).toEqual([16, 8, 1]);
  expect([picture.data[0], picture.data[127]]).toEqual([0, 255]);
});

test('channels first and last give the same colours', () => {
  const planes = tensor([1, 3, 8, 8], (i) => Math.floor(i / 64));
  const pixels = tensor([1, 8, 8, 3], (i) => i % 3);
  expect(pictureOf(planes).data).toEqual(pictureOf(pixels).data);
  expect([...pictureOf(planes).data.slice(0, 3)]).toEqual([0, 128, 255]);
});

test('colours that the transforms reversed for the model are set right for the eye', () => {
  const bgr = tensor([1, 3, 8, 8], (i) => Math.floor(i / 64));
  const pixel = (isReversed: boolean) => [...pictureOf(bgr, isReversed).data.slice(0, 3)];
  expect(pixel(true)).toEqual([255, 128, 0]);
  expect(pixel(false)).toEqual([0, 128, 255]);
  const gray = tensor([1, 1, 8, 8], (i) => i);
  expect(pictureOf(gray, true).data).toEqual(pictureOf(gray).data);
});

test('large pictures are averaged down, keeping their shape', () => {
  const picture = pictureOf(tensor([1, 1, 48, 320], (i) => i % 2));
  expect([picture.width, picture.height]).toEqual([96, 14]);
});

test('features and tokens are no pictures', () => {
  expect(thumbnail(tensor([1, 784], (i) => i))).toBeUndefined();
  expect(thumbnail(tensor([1, 3, 4], (i) => i))).toBeUndefined();
  expect(thumbnail(tensor([1, 12, 64, 64], (i) => i))).toBeUndefined();
});
