import type { TuneStrategy } from '../types.ts';
import { search } from './search.ts';

/** Neural Compressor's random search, without repeating a config. */
export const random: TuneStrategy = {
  name: 'random',
  help: 'Picks the sampling size, the recipes and one choice for every op at random, never the same config twice. Use it to see how far chance gets.',
  options: {},
  propose: (context) =>
    search(context, (explored) => {
      const point = explored.randomUnseen(context.rng);
      return point && { point, stage: 'random' };
    }),
};
