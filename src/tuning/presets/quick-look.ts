import { presetValues, type Preset } from './preset.ts';

export const quickLook: Preset = {
  name: 'quick-look',
  title: 'Quick look',
  help: 'Use it for a first impression: at most five trials and one minute.',
  values: presetValues({ strategy: 'auto', timeout: '60', maxTrials: '5' }),
};
