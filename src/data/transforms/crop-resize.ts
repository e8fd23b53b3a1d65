import { cropPicture, interpolationOption } from './picture.ts';
import { resizePicture, type Interpolation } from './resample.ts';
import type { Transform } from './transform.ts';

export const cropResize: Transform = {
  name: 'CropResize',
  help: 'Cuts out a box and resizes it.',
  options: {
    x: { type: 'integer', help: 'Left edge of the box.', min: 0 },
    y: { type: 'integer', help: 'Top edge of the box.', min: 0 },
    width: { type: 'integer', help: 'Width of the box.', min: 1 },
    height: { type: 'integer', help: 'Height of the box.', min: 1 },
    size: { type: 'integers', help: 'Size of the result: one number for both sides, or [width, height].', min: 1 },
    interpolation: interpolationOption,
  },
  apply(sample, { x, y, width, height, size, interpolation }) {
    const box = { left: x as number, top: y as number, width: width as number, height: height as number };
    const [toWidth = 1, toHeight = toWidth] = size as number[];
    return resizePicture(cropPicture(sample, box), toWidth, toHeight, interpolation as Interpolation);
  },
};
