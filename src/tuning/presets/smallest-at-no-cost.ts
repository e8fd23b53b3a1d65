import { presetValues, type Preset } from './preset.ts';

export const smallestAtNoCost: Preset = {
  name: 'smallest-at-no-cost',
  title: 'Smallest at no cost',
  help: 'Use it when only the download counts: weights are stored in fewer bits, and every op computes in float as before.',
  values: presetValues({ weightDtype: '[fp32]', objective: 'modelsize', maxTrials: '1' }),
};
