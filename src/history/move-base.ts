import type { OpConfig } from '../quantize/config.ts';
import type { Trial } from '../tuning/types.ts';
import type { SessionRecord } from './session-record.ts';

/**
 * The trial that a move of the user's starts from: the offered one, or where that is compact the best int8 trial (one that meets the
 * criterion before others, those run in full before those cut short, then by score). Null where no int8 trial ran, or the session has not ended.
 */
export function moveBase({
  header,
  trials,
  outcome,
}: Pick<SessionRecord, 'header' | 'trials' | 'outcome'>): Trial | null {
  if (!outcome) return null;
  const int8 = trials.filter(({ config, status }) => status !== 'failed' && int8Ops(config).length > 0);
  const offered = int8.find(({ number }) => number === outcome.best);
  if (offered) return offered;
  const direction = header.goal.higherIsBetter ? 1 : -1;
  const [best] = int8.toSorted(
    (a, b) =>
      Number(b.met) - Number(a.met) ||
      Number(b.status === 'complete') - Number(a.status === 'complete') ||
      direction * ((b.score ?? 0) - (a.score ?? 0)) ||
      a.number - b.number,
  );
  return best ?? null;
}

/** Names of the ops that compute in int8. */
export function int8Ops({ ops }: { readonly ops: { readonly [name: string]: OpConfig } }): string[] {
  return Object.keys(ops).filter((name) => ops[name] !== 'fp32');
}
