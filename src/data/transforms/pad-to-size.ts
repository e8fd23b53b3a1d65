import { pictureSize, transformFault } from './picture.ts';
import type { Transform } from './transform.ts';

export const padToSize: Transform = {
  name: 'PadToSize',
  help: 'Fills up on the right and at the bottom; nothing is resized or cut.',
  options: {
    width: { type: 'integer', help: 'Width of the result.', min: 1 },
    height: { type: 'integer', help: 'Height of the result.', min: 1 },
    value: { type: 'number', help: 'What is filled in, on the scale the values have at this step.', default: 0 },
  },
  apply(sample, options) {
    const size = pictureSize(sample);
    const width = options.width as number;
    const height = options.height as number;
    if (size.width > width || size.height > height) {
      throw transformFault(
        `The picture is larger than ${width} × ${height}.`,
        `a picture of ${size.width} × ${size.height}`,
        'Put a Resize or a crop before PadToSize.',
      );
    }
    const data = new Float32Array(height * width * size.channels).fill(options.value as number);
    const row = size.width * size.channels;
    for (let y = 0; y < size.height; y++)
      data.set(sample.data.subarray(y * row, (y + 1) * row), y * width * size.channels);
    return { type: sample.type, dims: [height, width, size.channels], data };
  },
};
