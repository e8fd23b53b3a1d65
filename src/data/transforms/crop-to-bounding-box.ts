import { cropPicture } from './picture.ts';
import type { Transform } from './transform.ts';

export const cropToBoundingBox: Transform = {
  name: 'CropToBoundingBox',
  help: 'Cuts out a box.',
  options: {
    offset_height: { type: 'integer', help: 'Top edge of the box.', min: 0 },
    offset_width: { type: 'integer', help: 'Left edge of the box.', min: 0 },
    target_height: { type: 'integer', help: 'Height of the box.', min: 1 },
    target_width: { type: 'integer', help: 'Width of the box.', min: 1 },
  },
  apply(sample, options) {
    return cropPicture(sample, {
      top: options.offset_height as number,
      left: options.offset_width as number,
      height: options.target_height as number,
      width: options.target_width as number,
    });
  },
};
