import { sha256 } from '../base/hash.ts';
import { scoreDifference } from '../metrics/score-difference.ts';
import { concatenate } from '../onnx/encode.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import type { OpReport } from '../quantize/rewrite/report.ts';
import { rewrite } from '../quantize/rewrite/rewrite.ts';
import { WeightCache } from '../quantize/rewrite/weight-cache.ts';
import type { BuiltModel, Evaluation, Timing, TrialRunner } from '../tuning/trial-runner.ts';
import type { TuneConfig } from '../tuning/types.ts';
import type { Calibrator } from './calibrator.ts';
import { evaluateModel, type EvaluationSetup } from './evaluate.ts';
import { compareLatency } from './latency.ts';
import { retryDeadWorker } from './retry.ts';
import type { Stopwatch } from './stopwatch.ts';

/** An int8 model in memory. */
export interface EngineModel extends BuiltModel {
  readonly bytes: Uint8Array;
  readonly ops: readonly OpReport[];
}

export interface RunnerParts {
  readonly floatBytes: Uint8Array;
  /** The float model's values, one per sample. */
  readonly floatValues: ArrayLike<number>;
  readonly setup: EvaluationSetup;
  readonly calibrator: Calibrator;
  readonly stopwatch: Stopwatch;
  /** Called when an evaluation begins, and as its samples are done. */
  readonly onStart: () => void;
  readonly onSamples: (done: number) => void;
}

/** Builds, scores and times the models that the driver asks for. */
export class EngineTrialRunner implements TrialRunner<EngineModel> {
  readonly #parts: RunnerParts;
  /** By model, since smoothed weights keep their names. */
  readonly #caches = new Map<PreparedModel, WeightCache>();

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** The model of a config; the same config and ranges give the same bytes. */
  async build(config: TuneConfig): Promise<EngineModel> {
    const { calibrator, stopwatch } = this.#parts;
    const { model, ranges } = await calibrator.calibrated(config);
    return stopwatch.time('rewrite', async () => {
      const { parts, sizeBytes, ops } = rewrite(model, config, ranges, this.#cacheOf(model));
      const bytes = concatenate(parts);
      return { bytes, sizeBytes, ops, modelSha256: await sha256(bytes) };
    });
  }

  #cacheOf(model: PreparedModel): WeightCache {
    const cache = this.#caches.get(model) ?? new WeightCache();
    this.#caches.set(model, cache);
    return cache;
  }

  async evaluate({ bytes }: EngineModel): Promise<Evaluation> {
    const { setup, floatValues, stopwatch, onStart, onSamples } = this.#parts;
    onStart();
    const outcome = await retryDeadWorker(() => evaluateModel(setup, 'trial', bytes, { onSamples }));
    stopwatch.add('session', outcome.seconds.session);
    stopwatch.add('evaluation', outcome.seconds.evaluation);
    return {
      status: 'complete',
      score: outcome.score,
      samplesEvaluated: outcome.values.length,
      difference: scoreDifference(setup.metric, outcome.values, floatValues),
    };
  }

  async time({ bytes }: EngineModel): Promise<Timing> {
    const { setup, floatBytes, stopwatch } = this.#parts;
    const compared = await stopwatch.time('latency', () =>
      retryDeadWorker(() => compareLatency(setup.pool, setup.feed, floatBytes, bytes)),
    );
    return { latencyMs: compared.latencyMs, latencySpreadMs: compared.spreadMs, latencyRatio: compared.ratio };
  }
}
