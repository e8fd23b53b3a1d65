import { expect, it } from 'vitest';
import { Fault } from '../../src/base/fault.ts';
import { Supervisor } from '../../src/bridge/supervisor.ts';
import { webWorker } from '../../src/bridge/web-worker.ts';

interface EchoApi {
  echo(value: number): Promise<number>;
  hang(): Promise<never>;
  die(): Promise<never>;
}

function echoSupervisor(): Supervisor<EchoApi> {
  return new Supervisor<EchoApi>('Echo', () =>
    webWorker(new Worker(new URL('./workers/echo.worker.ts', import.meta.url), { type: 'module' })),
  );
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'resolved',
    (thrown: unknown) => (thrown instanceof Fault ? thrown.code : String(thrown)),
  );
}

it('rejects every pending call when the worker dies, and starts another for the next call', async () => {
  const supervisor = echoSupervisor();
  expect(await supervisor.api.echo(1)).toBe(1);
  const pending = [codeOf(supervisor.api.hang()), codeOf(supervisor.api.die())];
  expect(await Promise.all(pending)).toEqual(['worker-died', 'worker-died']);
  expect(await supervisor.api.echo(2)).toBe(2);
  expect(supervisor.generation).toBe(2);
  supervisor.terminate();
});

it('rejects pending calls with cancelled when it is terminated, within a second', async () => {
  const supervisor = echoSupervisor();
  await supervisor.api.echo(1);
  const pending = codeOf(supervisor.api.hang());
  const started = performance.now();
  supervisor.terminate();
  expect(await pending).toBe('cancelled');
  expect(performance.now() - started).toBeLessThan(1000);
  expect(await supervisor.api.echo(3)).toBe(3);
  supervisor.terminate();
});

it('gives up after three deaths in a row', async () => {
  const supervisor = new Supervisor<EchoApi>('Stillborn', () =>
    webWorker(new Worker(new URL('./workers/stillborn.worker.ts', import.meta.url), { type: 'module' })),
  );
  const codes: string[] = [];
  for (let i = 0; i < 4; i++) codes.push(await codeOf(supervisor.api.echo(i)));
  expect(codes).toEqual(['worker-died', 'worker-died', 'worker-died', 'worker-start-failed']);
  expect(supervisor.generation).toBe(3);
});

it('forgets earlier deaths once a call has succeeded', async () => {
  const supervisor = echoSupervisor();
  for (let i = 0; i < 4; i++) {
    expect(await codeOf(supervisor.api.die())).toBe('worker-died');
    expect(await supervisor.api.echo(i)).toBe(i);
  }
  supervisor.terminate();
});

it('outlives the death of a worker that its own worker has started', async () => {
  const supervisor = new Supervisor<{ loseChild(): Promise<string> }>('Parent', () =>
    webWorker(new Worker(new URL('./workers/parent.worker.ts', import.meta.url), { type: 'module' })),
  );
  for (let i = 0; i < 3; i++) expect(await supervisor.api.loseChild()).toBe('worker-died');
  expect(supervisor.generation).toBe(1);
  supervisor.terminate();
});
