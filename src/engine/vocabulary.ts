import { TRANSFORMS } from '../data/transforms/registry.ts';
import { METRICS } from '../metrics/registry.ts';
import { STRATEGIES } from '../tuning/strategies/registry.ts';

/** The names and options that a configuration may use, from the registries of the layers that own them. */
export const vocabulary = {
  metrics: [...METRICS.values()],
  transforms: [...TRANSFORMS.values()],
  strategies: STRATEGIES,
};
