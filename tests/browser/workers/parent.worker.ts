import { Fault } from '../../../src/base/fault.ts';
import { serve } from '../../../src/bridge/remote.ts';
import { Supervisor } from '../../../src/bridge/supervisor.ts';
import { webWorker } from '../../../src/bridge/web-worker.ts';

const child = new Supervisor<{ die(): Promise<never> }>('Child', () =>
  webWorker(new Worker(new URL('./echo.worker.ts', import.meta.url), { type: 'module' })),
);

/** Starts a worker of its own that dies, and tells how it ended. */
serve({ loseChild: () => child.api.die().catch((thrown: unknown) => Fault.from(thrown).code) });
