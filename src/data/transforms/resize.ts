import { interpolationOption } from './picture.ts';
import { resizePicture, type Interpolation } from './resample.ts';
import type { Transform } from './transform.ts';

export const resize: Transform = {
  name: 'Resize',
  help: 'Resizes to a fixed size; the proportions are not kept.',
  options: {
    size: { type: 'integers', help: 'One number for both sides, or [width, height].', min: 1 },
    interpolation: interpolationOption,
  },
  apply(sample, { size, interpolation }) {
    const [width = 1, height = width] = size as number[];
    return resizePicture(sample, width, height, interpolation as Interpolation);
  },
};
