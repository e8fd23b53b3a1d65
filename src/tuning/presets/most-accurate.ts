import { presetValues, type Preset } from './preset.ts';

export const mostAccurate: Preset = {
  name: 'most-accurate',
  title: 'Most accurate within budget',
  help: 'Use it when every tenth of a per cent counts: the best score that ten minutes of search find, however fast it is.',
  values: presetValues({
    strategy: 'bayesian',
    objective: 'accuracy',
    timeout: '600',
    maxTrials: '100',
    earlyStopping: 'exact',
  }),
};
