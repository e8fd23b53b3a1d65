import { alignChannels } from '../align-channels.ts';
import { pictureSize } from './picture.ts';
import type { Transform } from './transform.ts';

export const alignImageChannel: Transform = {
  name: 'AlignImageChannel',
  help: 'Gives every picture the same number of channels: gray is repeated, colours are weighed into gray, alpha is dropped or added.',
  options: { dim: { type: 'integer', help: 'Channels of the result.', default: 3, allowed: [1, 3, 4] } },
  apply(sample, { dim }) {
    pictureSize(sample);
    return alignChannels(sample, dim as number);
  },
};
