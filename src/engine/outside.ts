import type { Http } from '../base/http.ts';
import type { TuneStrategy, ServiceAccess } from '../tuning/types.ts';
import type { SessionHeader } from '../history/session-record.ts';
import { Fault } from '../base/fault.ts';
import { sha256Text } from '../base/hash.ts';
import { withoutToken } from '../tuning/config/token.ts';
import { customStrategy, lineOf } from '../tuning/custom/custom-strategy.ts';
import type { TuneInput } from './tune-input.ts';

/** What a run may use of the world outside of it, and only where the user says so. */
export interface Outside {
  readonly http: Http;
  /** The page's address; null on the command line. */
  readonly pageUrl: string | null;
  /** Calls back once after about this many milliseconds. */
  readonly delay: (ms: number, callback: () => void) => void;
  /** Runs a module that the user has allowed to run. */
  readonly importModule: (text: string) => Promise<unknown>;
}

/** Access to a service that the configuration names; the token comes with the input and goes with the run. */
export function serviceAccess(input: TuneInput, outside: Outside, signal: AbortSignal): ServiceAccess {
  return {
    http: outside.http,
    pageUrl: outside.pageUrl,
    token: withoutToken(input.config?.text ?? '').token ?? input.sigoptToken ?? null,
    signal,
    wait: (ms) =>
      new Promise((resolve) => {
        outside.delay(ms, resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
}

/** Runs the module of a strategy and gives what it exports. Throws `strategy-module-unreadable`, `strategy-class-missing`. */
export async function openStrategy(
  { text, fileName }: NonNullable<TuneInput['strategy']>,
  { importModule }: Outside,
): Promise<{ strategy: TuneStrategy; identity: NonNullable<SessionHeader['customStrategy']> }> {
  let module: unknown;
  try {
    module = await importModule(text);
  } catch (thrown) {
    const place = thrown instanceof Error ? lineOf(thrown) : undefined;
    throw new Fault(
      'strategy-module-unreadable',
      {
        message: 'The module of the strategy cannot be run.',
        file: fileName,
        ...(place === undefined ? {} : { place }),
        found: String(thrown)
          .replace(/(?:data|blob):[^\s'"]+/g, fileName)
          .slice(0, 300),
        accepted: 'one ES module without imports of other files',
        next: 'Mend the module; octet tune --strategy shows the same.',
      },
      { cause: thrown },
    );
  }
  const strategy = customStrategy(module, fileName);
  return { strategy, identity: { name: strategy.name, fileName, sha256: await sha256Text(text) } };
}
