import { mean } from '../base/statistics.ts';
import type { Metric } from './metric.ts';
import { mse } from './mse.ts';

export const rmse: Metric = {
  ...mse,
  name: 'RMSE',
  help: 'Square root of the mean squared error over all values.',
  score: (values) => Math.sqrt(mean(values)),
  combine: (parts) => {
    const samples = parts.reduce((sum, part) => sum + part.samples, 0);
    return Math.sqrt(parts.reduce((sum, part) => sum + part.samples * part.score ** 2, 0) / samples);
  },
};
