import { pictureSize } from './picture.ts';
import { resizePicture } from './resample.ts';
import type { Transform } from './transform.ts';

export const resizeWithAspectRatio: Transform = {
  name: 'ResizeWithAspectRatio',
  help: 'Resizes by area, keeping the proportions, so that a later crop of height × width keeps `scale` per cent of the short side.',
  options: {
    height: { type: 'integer', help: 'Height of the later crop.', min: 1 },
    width: { type: 'integer', help: 'Width of the later crop.', min: 1 },
    scale: { type: 'number', help: 'Per cent of the short side that the crop keeps.', default: 87.5, min: 1, max: 100 },
  },
  apply(sample, options) {
    const size = pictureSize(sample);
    const share = (options.scale as number) / 100;
    const height = Math.trunc((options.height as number) / share);
    const width = Math.trunc((options.width as number) / share);
    return size.height > size.width
      ? resizePicture(sample, width, Math.trunc((height * size.height) / size.width), 'area')
      : resizePicture(sample, Math.trunc((width * size.width) / size.height), height, 'area');
  },
};
