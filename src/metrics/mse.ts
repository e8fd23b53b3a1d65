import { mean } from '../base/statistics.ts';
import { deviationOptions, deviationTarget, meanDeviation } from './deviations.ts';
import type { Metric } from './metric.ts';

export const mse: Metric = {
  name: 'MSE',
  help: 'Mean squared error over all values.',
  options: deviationOptions,
  higherIsBetter: false,
  compares: deviationTarget,
  range: { min: 0, max: Infinity },
  measure: (batch, options) => meanDeviation(batch, options, (deviation) => deviation * deviation),
  score: mean,
};
