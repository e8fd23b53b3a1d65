import { expect, it } from 'vitest';
import { checkModelFits } from './model-memory.ts';

const tooLarge = expect.objectContaining({ code: 'model-too-large' });

it('allows a quarter of the heap, and never more than one buffer can hold', () => {
  const fits = (sizeBytes: number, heapBytes?: number) => () => checkModelFits('m.onnx', sizeBytes, heapBytes);
  expect(fits(2 ** 30)).not.toThrow();
  expect(fits(2 ** 30 + 1)).toThrow(tooLarge);
  expect(fits(1000, 4000)).not.toThrow();
  expect(fits(1001, 4000)).toThrow(tooLarge);
  expect(fits(1.9e9, 2 ** 40)).not.toThrow();
  expect(fits(1.9e9 + 1, 2 ** 40)).toThrow(tooLarge);
});
