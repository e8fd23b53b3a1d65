import { judge, type JudgeRules } from '../tuning/judge.ts';
import type { Proposal, Trial, TuneConfig, TuningSpace } from '../tuning/types.ts';
import { int8Names } from './sensitivity.ts';

const STAGE = 'kept float by you: ';

/**
 * Trials that the user asks for: those of the journal again, in their order, then the offered config (the best with int8 ops where the
 * offer has none) with `ops` in float. Nothing where no trial had int8 ops.
 */
export function keepFloatProposals(
  trials: readonly Trial[],
  journalled: readonly Trial[],
  ops: readonly string[],
  space: TuningSpace,
  rules: JudgeRules,
): Proposal[] {
  const again = journalled
    .filter(({ stage }) => stage.startsWith(STAGE))
    .map(({ config, stage }) => ({ config, stage }));
  const all = [...trials, ...journalled.filter(({ stage }) => stage.startsWith(STAGE))];
  const { best } = judge(all, rules);
  const from = [best, ...all].find((trial) => trial && int8Names(trial.config, space).length > 0);
  if (!from || ops.length === 0) return again;
  return [...again, { config: inFloat(from.config, ops), stage: `${STAGE}${ops.join(', ')}` }];
}

function inFloat(config: TuneConfig, ops: readonly string[]): TuneConfig {
  return { ...config, ops: { ...config.ops, ...Object.fromEntries(ops.map((op) => [op, 'fp32' as const])) } };
}
