import { presetValues, type Preset } from './preset.ts';

export const recommended: Preset = {
  name: 'recommended',
  title: 'Recommended',
  help: 'Use it when you have no reason for another: the fastest int8 model that meets your criterion, found in few trials.',
  values: presetValues({}),
};
