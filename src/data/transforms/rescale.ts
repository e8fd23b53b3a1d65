import { mapChannels } from './picture.ts';
import type { Transform } from './transform.ts';

export const rescale: Transform = {
  name: 'Rescale',
  help: 'Divides by 255: bytes become values from 0 to 1.',
  options: {},
  apply: (sample) => mapChannels(sample, (value) => value / 255),
};
