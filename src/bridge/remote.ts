import * as Comlink from 'comlink';
import { Fault, type FaultRecord } from '../base/fault.ts';

/** Methods of an object, callable across a worker border. */
export type Remote<Api> = {
  readonly [K in keyof Api]: Api[K] extends (...args: infer Args) => Promise<infer Result>
    ? (...args: Args) => Promise<Result>
    : never;
};

type Reply = { readonly value: unknown } | { readonly fault: FaultRecord };

/** What travels: one generic call, whose faults come back as data, since Comlink keeps only name, message and stack of an error. */
interface CallTarget {
  call(method: string, ...args: unknown[]): Promise<Reply>;
}

/** The other side of a worker: where to talk, how to end it, how to hear of its death. */
export interface WorkerHandle {
  readonly endpoint: Comlink.Endpoint;
  terminate(): void;
  onDeath(listener: (reason: string) => void): void;
}

/** Serves the methods of `target` on `endpoint` (default: the worker's own scope). Buffers of results are transferred. */
export function serve(target: object, endpoint?: Comlink.Endpoint): void {
  const methods = target as Record<string, (...args: unknown[]) => unknown>;
  const wrapper: CallTarget = {
    async call(method, ...args) {
      try {
        const value = await methods[method]?.(...args);
        return Comlink.transfer({ value }, transferables(value));
      } catch (thrown) {
        return { fault: Fault.from(thrown).toRecord() };
      }
    },
  };
  Comlink.expose(wrapper, endpoint);
}

/** Callable methods over a handle; every call takes `lost` as the alternative outcome. */
export function connect<Api>(handle: WorkerHandle, lost: Promise<never>): { remote: Remote<Api>; release(): void } {
  const proxy = Comlink.wrap<CallTarget>(handle.endpoint);
  const remote = new Proxy(
    {},
    {
      get: (_, method) =>
        typeof method !== 'string' || method === 'then'
          ? undefined
          : async (...args: unknown[]): Promise<unknown> => {
              const reply = await Promise.race([proxy.call(method, ...args), lost]);
              if ('fault' in reply) throw Fault.fromRecord(reply.fault);
              return reply.value;
            },
    },
  ) as Remote<Api>;
  return { remote, release: () => proxy[Comlink.releaseProxy]() };
}

/** Marks a function argument as callable from the other side. */
export function callback<F extends (...args: never[]) => unknown>(f: F): F {
  return Comlink.proxy(f) as unknown as F;
}

/** Marks an argument whose methods the other side calls here; all of them must be asynchronous. */
export function shared<T extends object>(target: T): T {
  return Comlink.proxy(target);
}

/** Buffers of typed arrays one or two levels deep that own their whole memory. */
function transferables(value: unknown, depth = 3): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    const whole = value.byteOffset === 0 && value.byteLength === value.buffer.byteLength;
    return whole && value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
  }
  if (depth === 0 || typeof value !== 'object' || value === null) return [];
  const found = Object.values(value).flatMap((item: unknown) => transferables(item, depth - 1));
  return [...new Set(found)];
}
