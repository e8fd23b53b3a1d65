import { alignChannels } from '../align-channels.ts';
import { centeredBox, cropPicture, interpolationOption, mapChannels, pictureSize, transformFault } from './picture.ts';
import { resizePicture, type Interpolation } from './resample.ts';
import { reverseChannels } from './reverse-channels.ts';
import type { Transform } from './transform.ts';
import { transpose } from './transpose.ts';

/** Neural Compressor swaps width and height in the resize; here a picture keeps its proportions. */
export const resizeCropImagenet: Transform = {
  name: 'ResizeCropImagenet',
  help: 'Short side to resize_side, values to 0–1, middle crop, (value - mean) / std, order channels × height × width.',
  options: {
    height: { type: 'integer', help: 'Height of the result.', min: 1 },
    width: { type: 'integer', help: 'Width of the result.', min: 1 },
    random_crop: { type: 'boolean', help: 'Must be false: evaluation is repeatable.', default: false },
    resize_side: { type: 'integer', help: 'Length of the short side before the crop.', default: 256, min: 1 },
    mean_value: { type: 'numbers', help: 'Mean of each of the three channels, on the scale 0–1.', default: [0, 0, 0] },
    std_value: { type: 'numbers', help: 'Deviation of each channel.', default: [0.229, 0.224, 0.225], min: 1e-6 },
    resize_method: interpolationOption,
    data_format: {
      type: 'string',
      help: 'Without effect, as in Neural Compressor: the result has its channels first.',
      default: 'channels_last',
      allowed: ['channels_last', 'channels_first'],
    },
    subpixels: {
      type: 'string',
      help: 'Order of colours that the model wants.',
      default: 'RGB',
      allowed: ['RGB', 'BGR'],
    },
  },
  apply(sample, options) {
    if (options.random_crop) {
      throw transformFault(
        'A random crop would make scores differ from run to run.',
        'random_crop: true',
        'Set random_crop to false.',
      );
    }
    const { height, width } = pictureSize(sample);
    const side = options.resize_side as number;
    const long = Math.trunc((Math.max(height, width) * side) / Math.min(height, width));
    const method = options.resize_method as Interpolation;
    const resized =
      height > width ? resizePicture(sample, side, long, method) : resizePicture(sample, long, side, method);
    const box = centeredBox(pictureSize(resized), options.height as number, options.width as number);
    const crop = alignChannels(cropPicture(resized, box), 3);
    const colours = options.subpixels === 'BGR' ? reverseChannels.apply(crop, {}) : crop;
    const mean = options.mean_value as number[];
    const std = options.std_value as number[];
    const normal = mapChannels(
      colours,
      (value, c) => (value / 255 - (mean[c % mean.length] ?? 0)) / (std[c % std.length] ?? 1),
    );
    return transpose.apply(normal, { perm: [2, 0, 1] });
  },
};
