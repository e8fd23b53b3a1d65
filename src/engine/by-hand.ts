import { Fault } from '../base/fault.ts';
import { int8Ops, moveBase } from '../history/move-base.ts';
import type { SessionRecord } from '../history/session-record.ts';
import { moved, moveStage, type Move } from '../tuning/moves.ts';
import type { Proposal } from '../tuning/types.ts';

/**
 * The trial that a user asks for in a session that has ended: its best int8 config, changed by a move. Throws `usage` where the
 * search goes on, no int8 trial ran, or an op of the move is not in int8 there.
 */
export function proposedByHand(record: SessionRecord | null, move: Move): Proposal {
  if (!record?.outcome) {
    throw new Fault('usage', {
      message: 'The search of this session has not ended',
      next: 'Resume it first: a trial of your own follows the last one of the strategy.',
    });
  }
  const base = moveBase(record);
  if (!base) {
    throw new Fault('usage', {
      message: 'No trial of this session computes in int8, so every op is float already',
      next: 'Start a session whose configuration allows int8.',
    });
  }
  const int8 = int8Ops(base.config);
  const ops = 'ops' in move ? move.ops : int8;
  const unknown = ops.filter((op) => !int8.includes(op));
  if (unknown.length > 0 || ops.length === 0) {
    throw new Fault('usage', {
      message: `Only ops that compute in int8 in trial ${base.number} can be changed`,
      found: unknown.join(', ') || 'no op',
      accepted: int8.join(', '),
      next: 'Choose among these ops.',
    });
  }
  return { config: moved(base.config, move), stage: moveStage(move) };
}
