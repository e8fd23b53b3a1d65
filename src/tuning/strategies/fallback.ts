import { configText } from '../canonical.ts';
import type { Proposal, SpaceOp, StrategyContext, Trial, TuneConfig } from '../types.ts';
import { choosableOps } from './model-wise.ts';

/** The best config so far and its score; null where its trial failed. */
export interface Incumbent {
  readonly config: TuneConfig;
  readonly score: number | null;
  /** Whether it meets the criterion. */
  readonly met: boolean;
}

type Step<T> = AsyncGenerator<Proposal[], T, Trial[]>;

export function incumbentOf(config: TuneConfig, trial: Trial | undefined): Incumbent {
  return { config, score: trial?.score ?? null, met: trial?.met ?? false };
}

export function improves(context: StrategyContext, score: number | null, best: number | null): boolean {
  return score !== null && (best === null || context.better(score, best));
}

/** The ops of a config that compute in int8 and may compute in float, outputs first. */
export function fallbackOps(context: StrategyContext, config: TuneConfig): readonly SpaceOp[] {
  return choosableOps(context.space)
    .filter((op) => op.float && (config.ops[op.name] ?? 'fp32') !== 'fp32')
    .reverse();
}

/** Tries every op in float alone; gives the ops by the score that this brings, best first, failures last. */
export async function* rankByFallback(
  context: StrategyContext,
  from: TuneConfig,
  ops: readonly SpaceOp[],
): Step<readonly SpaceOp[]> {
  if (ops.length === 0) return [];
  const stage = 'one-by-one fallback';
  const trials = yield ops.map((op) => ({ config: inFloat(from, op), stage }));
  const ranked = ops.map((op, i) => ({ op, score: trials[i]?.score ?? null }));
  ranked.sort((a, b) => (improves(context, a.score, b.score) ? -1 : improves(context, b.score, a.score) ? 1 : 0));
  return ranked.map(({ op }) => op);
}

/** Lets ops compute in float one after another, keeping each step only where the score rises. */
export async function* accumulateGreedily(
  context: StrategyContext,
  from: Incumbent,
  ranked: readonly SpaceOp[],
): Step<Incumbent> {
  let best = from;
  for (const op of ranked) {
    const config = inFloat(best.config, op);
    const [trial] = yield [{ config, stage: 'greedy fallback' }];
    const tried = incumbentOf(config, trial);
    if (improves(context, tried.score, best.score)) best = tried;
  }
  return best;
}

/** Lets ops compute in float one after another, whatever each step brings; configs in `seen` are passed over. */
export async function* accumulate(from: TuneConfig, ranked: readonly SpaceOp[], seen: ReadonlySet<string>): Step<void> {
  const proposals: Proposal[] = [];
  let config = from;
  for (const op of ranked) {
    config = inFloat(config, op);
    if (!seen.has(configText(config))) proposals.push({ config, stage: 'accumulated fallback' });
  }
  if (proposals.length > 0) yield proposals;
}

function inFloat(config: TuneConfig, op: SpaceOp): TuneConfig {
  return { ...config, ops: { ...config.ops, [op.name]: 'fp32' } };
}
