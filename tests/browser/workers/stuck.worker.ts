import { serve } from '../../../src/bridge/remote.ts';

/** A tuner that never looks up again: a soft stop cannot reach it. */
serve({
  tune: () => {
    for (;;);
  },
});
