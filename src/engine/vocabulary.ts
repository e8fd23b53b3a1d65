import { transforms } from '../data/transforms/registry.ts';
import { metrics } from '../metrics/registry.ts';
import { strategies } from '../tuning/strategies/registry.ts';

/** The names and options that a configuration may use, from the registries of the layers that own them. */
export const vocabulary = {
  metrics: [...metrics.values()],
  transforms: [...transforms.values()],
  strategies: [...strategies.values()],
};
