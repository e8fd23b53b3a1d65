import { centeredBox, cropPicture, pictureSize } from './picture.ts';
import type { Transform } from './transform.ts';

export const centerCrop: Transform = {
  name: 'CenterCrop',
  help: 'Cuts out the middle.',
  options: { size: { type: 'integers', help: 'One number for both sides, or [height, width].', min: 1 } },
  apply(sample, { size }) {
    const [height = 1, width = height] = size as number[];
    return cropPicture(sample, centeredBox(pictureSize(sample), height, width));
  },
};
