import { pictureSize } from './picture.ts';
import type { Transform } from './transform.ts';

export const reverseChannels: Transform = {
  name: 'ReverseChannels',
  help: 'Reverses the order of the channels: RGB becomes BGR.',
  options: {},
  apply(sample) {
    const { channels } = pictureSize(sample);
    const last = channels - 1;
    const data = sample.data.map((_, i) => sample.data[i - (i % channels) + last - (i % channels)] ?? 0);
    return { type: sample.type, dims: sample.dims, data };
  },
};

/** Whether a chain of transforms ends with the channels in reverse: pictures for the eye turn them back. */
export function reversesChannels(transforms: readonly { readonly name: string }[]): boolean {
  return transforms.filter(({ name }) => name === reverseChannels.name).length % 2 === 1;
}
