import type { PreparedModel } from '../quantize/prepared-model.ts';
import { concatenate } from '../base/bytes.ts';
import { rewrite } from '../quantize/rewrite/rewrite.ts';
import { WeightCaches } from '../quantize/rewrite/weight-cache.ts';
import type { OpConfig } from '../quantize/config.ts';
import { configText } from '../tuning/canonical.ts';
import { forcedRecipes } from '../tuning/recipes.ts';
import { bestRecipes, byCloseness, plainRecipes } from '../tuning/strategies/auto/recipes.ts';
import type { TuneConfig, TuningSpace } from '../tuning/types.ts';
import { bytesPerSample } from './calibrate.ts';
import type { Calibrator } from './calibrator.ts';
import type { TuneEvent } from './events.ts';
import type { Feed } from './feed.ts';
import { ModelProbes, type ProbeParts } from './probe.ts';

/** As many as strategy `auto` looks at; more where they are cheap, since each sample more makes the choice surer. */
const LEAST_SAMPLES = 32;
const MOST_SAMPLES = 100;
/** Of everything that the ops write over these samples: it goes with the time that they take, and is the same on every machine. */
const CHEAP_BYTES = 2 ** 30;

interface Parts {
  readonly space: TuningSpace;
  readonly model: PreparedModel;
  readonly calibrator: Calibrator;
  readonly setup: ProbeParts['setup'];
  /** The first calibration samples; null where there are none. */
  readonly feedOf: ((samples: number) => Feed) | null;
  readonly emit: (event: TuneEvent) => void;
}

/**
 * Of the configs with everything in int8 that the space offers first, the one whose output is closest to the float model's: range
 * methods, equalization, SmoothQuant, bias correction and outlier channels split off, by probes on 32 to 100 calibration samples (no labels, no trial). Where there is
 * nothing to choose, or nothing to probe with, the first option of every op.
 */
export async function closestConfig({ space, model, calibrator, setup, feedOf, emit }: Parts): Promise<TuneConfig> {
  const recipes = forcedRecipes(space);
  const first: TuneConfig = {
    ops: Object.fromEntries(space.ops.map(({ name, int8 }): [string, OpConfig] => [name, int8[0] ?? 'fp32'])),
    weightStorage: space.weightStorage,
    samplingSize: space.samplingSizes[0] as number,
    ...recipes,
  };
  if (!feedOf || !hasChoice(space)) return first;
  const caches = new WeightCaches();
  const probes = new ModelProbes({
    model,
    sourceOf: async (config) => (await calibrator.calibrated(config)).model,
    setup,
    feedOf,
    build: async (config) => {
      const complete = { ...config, ...recipes };
      const { model: source, ranges, means, outliers } = await calibrator.calibrated(complete);
      return concatenate(rewrite(source, complete, ranges, caches.of(source), means, 'qdq', outliers).parts);
    },
    store: { saveProbe: async () => undefined },
    stored: {},
    emit,
  });
  try {
    const [best, ...others] = await bestRecipes({ space, probes, probeSamples: samplesFor(model) });
    if (!best) return first;
    const [closest = best] = [best, ...others].sort(byCloseness);
    return { ...closest.config, ...recipes };
  } finally {
    await probes.close();
  }
}

function samplesFor(model: PreparedModel): number {
  const written = model.graph.nodes.flatMap(({ output }) => output.filter(Boolean));
  const cheap = Math.floor(CHEAP_BYTES / bytesPerSample(model, written));
  return Math.max(LEAST_SAMPLES, Math.min(MOST_SAMPLES, cheap));
}

function hasChoice(space: TuningSpace): boolean {
  const isOffered = Object.values(space.recipes).includes('offered') || space.smoothQuant.length > 0;
  const configs = new Set(plainRecipes({ space }).map(({ config }) => configText(config)));
  return configs.size > 1 || (isOffered && configs.size > 0);
}
