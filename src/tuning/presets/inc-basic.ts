import { presetValues, type Preset } from './preset.ts';

export const incBasic: Preset = {
  name: 'inc-basic',
  title: 'As Neural Compressor’s basic',
  help: 'Use it to compare with Neural Compressor: its strategy basic, every trial on all samples.',
  values: presetValues({
    approach: 'post_training_static_quant',
    strategy: 'basic',
    objective: 'performance',
    timeout: '0',
    maxTrials: '100',
    earlyStopping: 'off',
  }),
};
