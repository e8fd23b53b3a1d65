import type { SessionHostApi, SessionPool } from '../engine/session-host-api.ts';
import type { WorkerHandle } from './remote.ts';
import { Supervisor } from './supervisor.ts';

/** `size` session workers under supervision, started as they are first called; `label` names them in faults. */
export function createSessionPool(size: number, spawn: () => WorkerHandle, label = 'Session worker'): SessionPool {
  const supervisors = Array.from(
    { length: size },
    (_, i) => new Supervisor<SessionHostApi>(size > 1 ? `${label} ${i + 1}` : label, spawn),
  );
  return {
    workers: supervisors.map((supervisor) => ({
      api: supervisor.api,
      get generation() {
        return supervisor.generation;
      },
    })),
    terminate: () => supervisors.forEach((supervisor) => supervisor.terminate()),
  };
}
