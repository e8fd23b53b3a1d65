import type { Transform } from './transform.ts';

export const toArray: Transform = {
  name: 'ToArray',
  help: 'Does nothing here: pictures are arrays from the start.',
  options: {},
  apply: (sample) => sample,
};
