import type { TuneStrategy } from '../types.ts';
import { ChoiceSpace } from './choice-space.ts';

/** Neural Compressor's exhaustive search; float is the last choice of every op. */
export const exhaustive: TuneStrategy = {
  name: 'exhaustive',
  help: 'Tries every combination of choices in order; the last op changes first, the recipes and the sampling size last. Use it for models of a few ops only.',
  options: {},
  async *propose(context) {
    const space = new ChoiceSpace(context.space);
    for (const point of space.points()) yield [{ config: space.configOf(point), stage: 'exhaustive' }];
  },
};
