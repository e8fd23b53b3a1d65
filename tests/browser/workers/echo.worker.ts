import { serve } from '../../../src/bridge/remote.ts';

/** Answers, never answers, dies: what a supervisor has to live with. */
serve({
  echo: (value: unknown) => Promise.resolve(value),
  hang: () => new Promise(() => undefined),
  die: () => {
    setTimeout(() => {
      throw new Error('killed by the test');
    });
    return new Promise(() => undefined);
  },
});
