import { mean } from '../base/statistics.ts';
import { deviationOptions, deviationTarget, meanDeviation } from './deviations.ts';
import type { Metric } from './metric.ts';

export const mae: Metric = {
  name: 'MAE',
  help: 'Mean absolute error over all values.',
  options: deviationOptions,
  higherIsBetter: false,
  compares: deviationTarget,
  range: { min: 0, max: Infinity },
  measure: (batch, options) => meanDeviation(batch, options, Math.abs),
  score: mean,
};
