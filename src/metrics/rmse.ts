import { mean } from '../base/statistics.ts';
import type { Metric } from './metric.ts';
import { mse } from './mse.ts';

export const rmse: Metric = {
  ...mse,
  name: 'RMSE',
  help: 'Square root of the mean squared error over all values.',
  score: (values) => Math.sqrt(mean(values)),
};
