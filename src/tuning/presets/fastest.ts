import { presetValues, type Preset } from './preset.ts';

export const fastest: Preset = {
  name: 'fastest',
  title: 'Fastest',
  help: 'Use it when speed counts and you can wait: ranges measured at run time are tried as well, and the search goes on for half an hour after the first hit.',
  values: presetValues({
    approach: 'post_training_auto_quant',
    strategy: 'auto',
    objective: 'performance',
    timeout: '1800',
    maxTrials: '300',
  }),
};
