import { expect, it } from 'vitest';
import { createTuner } from '../../src/bridge/tuner.ts';
import { webWorker } from '../../src/bridge/web-worker.ts';
import { DiskShelves } from '../../src/history/disk-shelves.ts';
import { MemoryShelves } from '../../src/history/memory-shelves.ts';
import { SessionDatabase } from '../../src/history/session-database.ts';
import { Announcer } from '../../src/ui/state/announcer.svelte.ts';
import { SessionState } from '../../src/ui/state/session.svelte.ts';

it('ends a tuner that does not answer within a second of Stop', async () => {
  const database = new SessionDatabase(await DiskShelves.open('stop-test'));
  const tuner = createTuner(new MemoryShelves(), () =>
    webWorker(new Worker(new URL('./workers/stuck.worker.ts', import.meta.url), { type: 'module' })),
  );
  const announcer = new Announcer();
  const session = new SessionState('a', 'model', { tuner, database, announcer });
  const run = session.run({ model: [], calibration: [], evaluation: [] });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const started = performance.now();
  session.stop();
  expect(session.phase).toBe('stopping');
  await run;
  const elapsed = performance.now() - started;
  expect(session.phase).toBe('stopped');
  expect(elapsed).toBeGreaterThan(500);
  expect(elapsed).toBeLessThan(1000);
  expect(announcer.text).toContain('Stopped');
  database.close();
});
