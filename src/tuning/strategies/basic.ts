import type { TuneStrategy } from '../types.ts';
import { accumulate, accumulateGreedily, fallbackOps, rankByFallback } from './fallback.ts';
import { choosableOps } from './model-wise.ts';
import { MODEL_WISE_CONFIGS, modelWise, remembering } from './model-wise-stage.ts';

/**
 * Neural Compressor's default: the same option for all ops of a type; then, from the best of these, ops fall back to float
 * one at a time, and by their effect together. Three faults of the original are mended: a duplicate brings its own result,
 * an equal score is no improvement, and the last pass skips what was tried.
 */
export const basic: TuneStrategy = {
  name: 'basic',
  help: 'Tries one setting for all ops of a type, then lets the ops that hurt most compute in float. Use it to compare with Neural Compressor.',
  options: { model_wise_configs: MODEL_WISE_CONFIGS },
  comparesScores: true,
  async *propose(context) {
    if (choosableOps(context.space).length === 0) return;
    const seen = new Set<string>();
    const best = yield* remembering(seen, modelWise(context));
    const ops = fallbackOps(context, best.config);
    const ranked = yield* remembering(seen, rankByFallback(context, best.config, ops));
    yield* remembering(seen, accumulateGreedily(context, best, ranked));
    yield* accumulate(best.config, ranked, seen);
  },
};
