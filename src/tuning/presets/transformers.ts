import { presetValues, type Preset } from './preset.ts';

export const transformers: Preset = {
  name: 'transformers',
  title: 'Transformers',
  help: 'Use it for language and vision transformers, whose loud activation channels need SmoothQuant, or ranges measured at run time.',
  values: presetValues({ approach: 'post_training_auto_quant', smoothQuantAlpha: '[0.5, 0.3, 0.7]', strategy: 'auto' }),
};
