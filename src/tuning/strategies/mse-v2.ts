import { configText } from '../canonical.ts';
import type { OpConfig } from '../../quantize/config.ts';
import type { Proposal, SpaceOp, StrategyContext, Trial, TuneConfig, TuneStrategy } from '../types.ts';
import { fallbackOps, improves, incumbentOf, type Incumbent } from './fallback.ts';
import { choosableOps, modelWiseConfigs } from './model-wise.ts';
import { mended, smoothed } from './model-wise-stage.ts';

/** Model-wise configs that the search may begin from. */
const MODEL_WISE = 2;

type Step<T> = AsyncGenerator<Proposal[], T, Trial[]>;

/** A config with the choice of one op changed, and the error of its model's output. */
interface Change {
  readonly op: SpaceOp;
  readonly config: TuneConfig;
  readonly error: number;
}

/**
 * Neural Compressor's MSE of version 2: the op whose return to float lowers the error of the model's output most falls back,
 * again and again, until the criterion is met; then ops go back to int8, the least harmful first, while it still is.
 */
export const mseV2: TuneStrategy = {
  name: 'mse_v2',
  help: 'Lets the op fall back whose return to float mends the model’s output most, then takes back what was not needed. Use it where a few ops among many do the harm.',
  options: {
    probe_samples: {
      type: 'integer',
      help: 'Calibration samples on which the output is compared with that of the float model.',
      default: 64,
      min: 1,
    },
  },
  comparesScores: true,
  async *propose(context) {
    if (choosableOps(context.space).length === 0) return;
    const start = yield* best(context);
    const enough = yield* fallBack(context, start);
    if (enough !== null) yield* takeBack(context, start.config, enough);
  },
};

async function* best(context: StrategyContext): Step<Incumbent> {
  const { space } = context;
  const configs = space.samplingSizes.flatMap((size) => modelWiseConfigs(space, size, MODEL_WISE));
  const dynamic = configs.slice(0, 1).map((config) => inDynamicMode(context, config));
  const smooth = configs.slice(0, 1).flatMap((config) => smoothed(space, config));
  const all = [...new Map([...configs, ...smooth, ...dynamic].map((config) => [configText(config), config])).values()];
  const trials = yield all.map((config) => ({ config, stage: 'model-wise' }));
  const tried = all.map((config, i) => incumbentOf(config, trials[i]));
  return yield* mended(
    context,
    tried.reduce((found, each) => (improves(context, each.score, found.score) ? each : found)),
  );
}

/** Every op that has one in its first dynamic option. */
function inDynamicMode({ space }: StrategyContext, config: TuneConfig): TuneConfig {
  const changed = choosableOps(space).flatMap(({ name, int8 }): [string, OpConfig][] => {
    const option = int8.find(({ mode }) => mode === 'dynamic');
    return option === undefined ? [] : [[name, option]];
  });
  return { ...config, ops: { ...config.ops, ...Object.fromEntries(changed) } };
}

/** The first config that meets the criterion; null where even all ops in float do not. */
async function* fallBack(context: StrategyContext, from: Incumbent): Step<TuneConfig | null> {
  let at = from;
  while (!at.met) {
    const ops = fallbackOps(context, at.config);
    const [change] = await ranked(context, at.config, ops, () => 'fp32');
    if (change === undefined) return null;
    const [trial] = yield [{ config: change.config, stage: 'fallback' }];
    at = incumbentOf(change.config, trial);
  }
  return at.config;
}

/** Back to int8, as `origin` had it: the change of least error that still meets the criterion, until there is none. */
async function* takeBack(context: StrategyContext, origin: TuneConfig, from: TuneConfig): Step<void> {
  const refused = new Set<string>();
  let config = from;
  for (let held = true; held;) {
    held = false;
    const float = choosableOps(context.space).filter(
      ({ name }) => (config.ops[name] ?? 'fp32') === 'fp32' && (origin.ops[name] ?? 'fp32') !== 'fp32',
    );
    const untried = float.filter(({ name }) => !refused.has(name));
    for (const change of await ranked(context, config, untried, ({ name }) => origin.ops[name] ?? 'fp32')) {
      const [trial] = yield [{ config: change.config, stage: 'back to int8' }];
      held = trial?.met ?? false;
      if (held) {
        config = change.config;
        break;
      }
      refused.add(change.op.name);
    }
  }
}

/** The configs with one of `ops` changed, by the error of the model's output, lowest first; op order among equals. */
async function ranked(
  { probes, options }: StrategyContext,
  config: TuneConfig,
  ops: readonly SpaceOp[],
  choice: (op: SpaceOp) => OpConfig,
): Promise<readonly Change[]> {
  const changes: Change[] = [];
  for (const op of ops) {
    const changed = { ...config, ops: { ...config.ops, [op.name]: choice(op) } };
    changes.push({ op, config: changed, error: await probes.output(changed, Number(options['probe_samples'])) });
  }
  return changes.sort((a, b) => (a.error === b.error ? 0 : a.error - b.error));
}
