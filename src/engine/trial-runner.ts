import { sha256 } from '../base/hash.ts';
import { pairedDifference } from '../base/statistics.ts';
import { concatenate } from '../onnx/encode.ts';
import type { StoredRanges } from '../history/session-record.ts';
import type { OpConfig } from '../quantize/config.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { rewrite, type QuantizedModel } from '../quantize/rewrite/rewrite.ts';
import { WeightCache } from '../quantize/rewrite/weight-cache.ts';
import type { BuiltModel, Evaluation, Timing, TrialRunner } from '../tuning/driver.ts';
import type { Trial, TuneConfig } from '../tuning/types.ts';
import { evaluateModel, type EvaluationSetup } from './evaluate.ts';
import { compareLatency } from './latency.ts';
import { retryDeadWorker } from './retry.ts';
import type { Stopwatch } from './stopwatch.ts';

export interface RunnerParts {
  readonly model: PreparedModel;
  readonly floatBytes: Uint8Array;
  /** The float model's values, one per sample. */
  readonly floatValues: ArrayLike<number>;
  readonly setup: EvaluationSetup;
  /** Ranges for a sampling size: from the store, or calibrated now. */
  readonly ranges: (samplingSize: number) => Promise<StoredRanges>;
  readonly stopwatch: Stopwatch;
  /** Called as samples of the trial in hand are done. */
  readonly onSamples: (done: number) => void;
}

/** Builds, scores and times the models that the driver asks for. */
export class EngineTrialRunner implements TrialRunner {
  readonly #parts: RunnerParts;
  readonly #cache = new WeightCache();
  #latest: { sha256: string; bytes: Uint8Array } | undefined;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  async build(config: TuneConfig): Promise<BuiltModel> {
    const { parts, sizeBytes } = await this.rewrite(config);
    const bytes = concatenate(parts);
    const modelSha256 = await sha256(bytes);
    this.#latest = { sha256: modelSha256, bytes };
    return { modelSha256, sizeBytes };
  }

  /** The model of a config; the same config and ranges give the same bytes. */
  async rewrite(config: TuneConfig): Promise<QuantizedModel> {
    const ranges = needsRanges(config) ? await this.#parts.ranges(config.samplingSize) : {};
    return this.#parts.stopwatch.time('rewrite', async () => rewrite(this.#parts.model, config, ranges, this.#cache));
  }

  /** The file of a trial and what became of each op. */
  async rebuild({ config }: Trial): Promise<{ bytes: Uint8Array; ops: QuantizedModel['ops'] }> {
    const { parts, ops } = await this.rewrite(config);
    return { bytes: concatenate(parts), ops };
  }

  async evaluate(built: BuiltModel, config: TuneConfig): Promise<Evaluation> {
    const { setup, floatValues, stopwatch, onSamples } = this.#parts;
    const bytes = await this.#bytes(built, config);
    const outcome = await retryDeadWorker(() => evaluateModel(setup, 'trial', bytes, { onSamples }));
    stopwatch.add('session', outcome.seconds.session);
    stopwatch.add('evaluation', outcome.seconds.evaluation);
    return {
      score: outcome.score,
      samplesEvaluated: outcome.values.length,
      difference: pairedDifference(outcome.values, floatValues),
    };
  }

  async time(built: BuiltModel, config: TuneConfig): Promise<Timing> {
    const { setup, floatBytes, stopwatch } = this.#parts;
    const bytes = await this.#bytes(built, config);
    const compared = await stopwatch.time('latency', () =>
      retryDeadWorker(() => compareLatency(setup.pool, setup.feed, floatBytes, bytes)),
    );
    return { latencyMs: compared.latencyMs, latencyRatio: compared.ratio };
  }

  async #bytes(built: BuiltModel, config: TuneConfig): Promise<Uint8Array> {
    if (this.#latest?.sha256 !== built.modelSha256) await this.build(config);
    return this.#latest?.bytes as Uint8Array;
  }
}

function needsRanges(config: TuneConfig): boolean {
  return Object.values<OpConfig>(config.ops).some((op) => op !== 'fp32' && op.mode === 'static');
}
