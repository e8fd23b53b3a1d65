import { Fault } from '../base/fault.ts';
import { int8Ops, moveBase } from '../history/move-base.ts';
import type { SessionRecord } from '../history/session-record.ts';
import type { Int8OpConfig } from '../quantize/config.ts';
import { optionText } from '../tuning/canonical.ts';
import { moved, moveStage, type Move } from '../tuning/moves.ts';
import type { Proposal, SpaceOp, TuneConfig, TuningSpace } from '../tuning/types.ts';

/**
 * The trial that a user asks for in a session that has ended: its best int8 config, changed by a move; int8 alone may start from the
 * compact model. `space` is the one that was searched: its ops have ranges. Throws `usage` where the search goes on, no int8 trial ran,
 * an op to be changed is not in int8 there, or one to be int8 has no such form.
 */
export function proposedByHand(record: SessionRecord | null, move: Move, space: TuningSpace): Proposal {
  if (!record?.outcome) {
    throw new Fault('usage', {
      message: 'The search of this session has not ended',
      next: 'Resume it first: a trial of your own follows the last one of the strategy.',
    });
  }
  const isUpwards = move.kind === 'precisions' && move.float.length === 0;
  const base = moveBase(record) ?? (isUpwards ? record.trials[0] : null);
  if (!base) {
    throw new Fault('usage', {
      message: 'No trial of this session computes in int8, so every op is float already',
      next: 'Start a session whose configuration allows int8.',
    });
  }
  const int8 = int8Ops(base.config);
  const down = move.kind === 'precisions' ? move.float : 'ops' in move ? move.ops : int8;
  refuseOthers(down, int8, `Only ops that compute in int8 in trial ${base.number} can be changed`, !isUpwards);
  if (move.kind !== 'precisions') return { config: moved(base.config, move, () => fail()), stage: moveStage(move) };
  const choices = new Map(int8Choices(space).map((op) => [op.name, op]));
  const open = [...choices.keys()].filter((name) => !int8.includes(name));
  refuseOthers(move.int8, open, `Only ops with a form in int8 and known ranges can be turned to it`, isUpwards);
  const config = moved(base.config, move, (name) => formOf(choices.get(name) ?? fail(), base.config, choices));
  const [samplingSize = 0] = space.samplingSizes;
  // A config without static ops names no samples that calibrate.
  return { config: { ...config, samplingSize: config.samplingSize || samplingSize }, stage: moveStage(move) };
}

/** Ops that could compute in int8 with what the session knows; those that only follow their neighbours are no choices. */
export function int8Choices(space: TuningSpace): SpaceOp[] {
  return space.ops.filter(({ glue, int8 }) => !glue && int8.some(({ mode }) => mode !== 'weight_only'));
}

/** The form that other ops of its kind have in this config, or its first one. */
function formOf(op: SpaceOp, { ops }: TuneConfig, choices: ReadonlyMap<string, SpaceOp>): Int8OpConfig {
  const forms = op.int8.filter(({ mode }) => mode !== 'weight_only');
  const used = new Set(
    Object.entries(ops).flatMap(([name, form]) =>
      form !== 'fp32' && choices.get(name)?.opType === op.opType ? [optionText(form)] : [],
    ),
  );
  return forms.find((form) => used.has(optionText(form))) ?? forms[0] ?? fail();
}

function refuseOthers(ops: readonly string[], accepted: readonly string[], message: string, needsOne: boolean): void {
  const unknown = ops.filter((op) => !accepted.includes(op));
  if (unknown.length === 0 && (ops.length > 0 || !needsOne)) return;
  throw new Fault('usage', {
    message,
    found: unknown.join(', ') || 'no op',
    accepted: accepted.join(', ') || 'none: no op of this session is left',
    next: 'Choose among these ops.',
  });
}

function fail(): never {
  throw new Fault('internal', { message: 'An op has no form in int8' });
}
