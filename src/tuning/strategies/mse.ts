import type { SpaceOp, TuneStrategy } from '../types.ts';
import { accumulate, accumulateGreedily, fallbackOps } from './fallback.ts';
import { choosableOps } from './model-wise.ts';
import { MODEL_WISE_CONFIGS, modelWise, remembering } from './model-wise-stage.ts';

/**
 * Neural Compressor's MSE: as basic, but the ops fall back in order of the error of the tensors they write, largest first, which
 * costs no trial. The error is taken over the range of the float tensor and over all calibration samples asked for.
 */
export const mse: TuneStrategy = {
  name: 'mse',
  help: 'As basic, but ranks the ops by the error of their outputs on calibration data, without a trial for each. Use it where single trials take long.',
  options: {
    model_wise_configs: MODEL_WISE_CONFIGS,
    probe_samples: {
      type: 'integer',
      help: 'Calibration samples on which outputs are compared with those of the float model.',
      default: 128,
      min: 1,
    },
  },
  comparesScores: true,
  async *propose(context) {
    if (choosableOps(context.space).length === 0) return;
    const seen = new Set<string>();
    const best = yield* remembering(seen, modelWise(context));
    const errors = await context.probes.ops(best.config, Number(context.options['probe_samples']));
    const ranked = byError(fallbackOps(context, best.config), errors);
    yield* remembering(seen, accumulateGreedily(context, best, ranked));
    yield* accumulate(best.config, ranked, seen);
  },
};

/** Largest error first; ops without one last; outputs first among equals. */
function byError(ops: readonly SpaceOp[], errors: ReadonlyMap<string, number>): readonly SpaceOp[] {
  const errorOf = ({ name }: SpaceOp): number => errors.get(name) ?? -1;
  return ops.toSorted((a, b) => errorOf(b) - errorOf(a));
}
