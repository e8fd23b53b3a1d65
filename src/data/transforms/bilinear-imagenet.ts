import { centeredBox, cropPicture, mapChannels, pictureSize } from './picture.ts';
import { rescale } from './rescale.ts';
import { resizePicture } from './resample.ts';
import type { Transform } from './transform.ts';

export const bilinearImagenet: Transform = {
  name: 'BilinearImagenet',
  help: 'Values to 0–1, middle part, bilinear resize, then ((value - 0.5) × 2 - mean) × scale.',
  options: {
    height: { type: 'integer', help: 'Height of the result.', min: 1 },
    width: { type: 'integer', help: 'Width of the result.', min: 1 },
    central_fraction: { type: 'number', help: 'Share of each side that is kept.', default: 0.875, min: 0.01, max: 1 },
    mean_value: { type: 'numbers', help: 'Mean of each channel, on the scale -1 to 1.', default: [0, 0, 0] },
    scale: { type: 'number', help: 'Factor of the result.', default: 1 },
  },
  apply(sample, options) {
    const size = pictureSize(sample);
    const kept = (side: number): number =>
      side - 2 * Math.trunc((side - side * (options.central_fraction as number)) / 2);
    const middle = cropPicture(rescale.apply(sample, {}), centeredBox(size, kept(size.height), kept(size.width)));
    const mean = options.mean_value as number[];
    const scale = options.scale as number;
    const resized = resizePicture(middle, options.width as number, options.height as number, 'bilinear');
    return mapChannels(resized, (value, channel) => ((value - 0.5) * 2 - (mean[channel % mean.length] ?? 0)) * scale);
  },
};
