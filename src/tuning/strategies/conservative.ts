import type { OpConfig } from '../../quantize/config.ts';
import type { Proposal, SpaceOp, StrategyContext, Trial, TuneConfig, TuneStrategy } from '../types.ts';
import { choosableOps } from './model-wise.ts';
import { smoothed } from './model-wise-stage.ts';

/** Types that convert together, in the order in which they are tried; every other type follows by itself. */
const FAMILIES: readonly RegExp[] = [/Conv/, /MatMul/, /Gemm/];

/**
 * Neural Compressor's conservative tuning (quant_level 0): from all float, the ops of one kind after another become int8, each
 * kind only where the criterion still holds, with SmoothQuant if need be. It ends by itself after few trials.
 */
export const conservative: TuneStrategy = {
  name: 'conservative',
  help: 'Starts in float and turns one kind of op after another to int8, keeping only what still meets the criterion. Use it where little may be lost and trials are quick.',
  options: {},
  endsByItself: true,
  async *propose(context) {
    const ops = choosableOps(context.space);
    if (ops.length === 0) return;
    let kept = inFloat(context);
    if (Object.values(kept.ops).some((choice) => choice !== 'fp32')) yield* one(kept, 'int8 where float is forbidden');
    for (const group of groups(ops.filter(({ float }) => float))) {
      const plain = inInt8(context, kept, group);
      const kinds = [...new Set(group.map(({ opType }) => opType))].join(', ');
      for (const config of [plain, ...smoothed(context.space, plain)]) {
        const recipe = config.smoothQuant === kept.smoothQuant ? '' : ' with SmoothQuant';
        const trial = yield* one(config, `int8 for ${kinds}${recipe}`);
        if (!trial?.met) continue;
        kept = config;
        break;
      }
    }
  },
};

async function* one(config: TuneConfig, stage: string): AsyncGenerator<Proposal[], Trial | undefined, Trial[]> {
  const [trial] = yield [{ config, stage }];
  return trial;
}

function groups(ops: readonly SpaceOp[]): readonly (readonly SpaceOp[])[] {
  const kinds = new Map<string, SpaceOp[]>(FAMILIES.map(({ source }) => [source, []]));
  for (const op of ops) {
    const kind = FAMILIES.find((family) => family.test(op.opType))?.source ?? op.opType;
    kinds.set(kind, [...(kinds.get(kind) ?? []), op]);
  }
  return [...kinds.values()].filter(({ length }) => length > 0);
}

/** Float wherever it is allowed, at the first sampling size; glue ops follow their neighbours. */
function inFloat({ space }: StrategyContext): TuneConfig {
  const ops = choosableOps(space).map((op): [string, OpConfig] => [op.name, (op.float ? null : op.int8[0]) ?? 'fp32']);
  const samplingSize = space.samplingSizes[0] as number;
  return { ops: Object.fromEntries(ops), weightStorage: space.weightStorage, samplingSize };
}

function inInt8({ space }: StrategyContext, from: TuneConfig, group: readonly SpaceOp[]): TuneConfig {
  const glue = space.ops.filter((op) => op.glue);
  const ops = [...glue, ...group].flatMap(({ name, int8 }) => (int8[0] ? [[name, int8[0]] as const] : []));
  return { ...from, ops: { ...from.ops, ...Object.fromEntries(ops) } };
}
