import { mapChannels, transformFault } from './picture.ts';
import type { Transform } from './transform.ts';

export const normalize: Transform = {
  name: 'Normalize',
  help: '(value - mean) / std for each channel, the last dimension.',
  options: {
    mean: {
      type: 'numbers',
      help: 'One mean for each channel, or one for all, on the scale the values have.',
      default: [0],
    },
    std: { type: 'numbers', help: 'One deviation for each channel, or one for all.', default: [1], min: 1e-6 },
  },
  apply(sample, options) {
    const channels = sample.dims.at(-1) ?? 1;
    const mean = options.mean as number[];
    const std = options.std as number[];
    for (const [name, values] of Object.entries({ mean, std })) {
      if (values.length === 1 || values.length === channels) continue;
      throw transformFault(
        `Normalize has ${values.length} values of ${name} for ${channels} channels.`,
        `a sample of shape [${sample.dims.join(', ')}]`,
        'Give one value, or one for each channel, and put Normalize before Transpose.',
      );
    }
    return mapChannels(sample, (value, c) => (value - (mean[c % mean.length] ?? 0)) / (std[c % std.length] ?? 1));
  },
};
