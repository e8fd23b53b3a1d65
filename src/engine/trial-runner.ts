import { sha256 } from '../base/hash.ts';
import { differencesOf, scoresOf } from '../metrics/composite.ts';
import { scoreDifference } from '../metrics/score-difference.ts';
import { concatenate } from '../base/bytes.ts';
import type { ProviderDifference } from '../history/session-record.ts';
import type { OpReport } from '../quantize/rewrite/report.ts';
import { rewrite } from '../quantize/rewrite/rewrite.ts';
import { WeightCaches } from '../quantize/rewrite/weight-cache.ts';
import { Race, type RaceTerms } from '../tuning/racing.ts';
import type { BuiltModel, Evaluation, Timing, TrialRunner } from '../tuning/trial-runner.ts';
import { decidingRatio } from '../tuning/judge.ts';
import type { TuneConfig } from '../tuning/types.ts';
import type { Calibrator } from './calibrator.ts';
import { evaluateModel, type EvaluationSetup } from './evaluate.ts';
import { compareLatency, type LatencyComparison } from './latency.ts';
import type { Measured } from './baseline.ts';
import { stratifiedDifference } from './hardest-first.ts';
import { checkProvider } from './compare-providers.ts';
import { retryDeadWorker } from './retry.ts';
import type { SimulatedScoring } from './simulated-scoring.ts';
import type { SessionPool } from './session-host-api.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { Target } from './target.ts';

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
  /** On which terms an evaluation may end early; null: every sample is run in any case. */
  readonly racing: Pick<RaceTerms, 'allowedLoss' | 'betting' | 'higherIsBetter'> | null;
  /** Where trials run on another provider than WASM: each model must say the same on both. */
  readonly check?: { readonly target: Target; readonly wasm: SessionPool };
  /** Where int8 models are scored elsewhere first, so that WASM need not run those that miss. */
  readonly simulation?: SimulatedScoring;
  /** Called when an evaluation begins, and as its samples are done. */
  readonly onStart: () => void;
  readonly onSamples: (done: number) => void;
}

/** Models whose values are kept: a session may have thousands of samples and of trials. */
const MOST_REMEMBERED = 32;

/** Builds, scores and times the models that the driver asks for. */
export class EngineTrialRunner implements TrialRunner<EngineModel> {
  readonly #parts: RunnerParts;
  readonly #caches = new WeightCaches();
  /** By the model's hash, of those that ran on all samples. */
  readonly #measured = new Map<string, Measured>();
  readonly #differences = new Map<string, ProviderDifference>();
  readonly #times = new Map<string, LatencyComparison['times']>();

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  /** The model of a config; the same config and ranges give the same bytes. */
  async build(config: TuneConfig): Promise<EngineModel> {
    const { calibrator, stopwatch } = this.#parts;
    const { model, ranges, means, outliers } = await calibrator.calibrated(config);
    return stopwatch.time('rewrite', async () => {
      const { parts, ...built } = rewrite(model, config, ranges, this.#caches.of(model), means, 'qdq', outliers);
      const bytes = concatenate(parts);
      return { bytes, ...built, modelSha256: await sha256(bytes) };
    });
  }

  /** What a model of this run gave on each sample; undefined where it did not run on all of them. */
  measured(modelSha256: string): Measured | undefined {
    return this.#measured.get(modelSha256);
  }

  /** Times of the runs of a model of this run and of the float model. */
  times(modelSha256: string): LatencyComparison['times'] | undefined {
    return this.#times.get(modelSha256);
  }

  /** How a model of this run differs from itself on WASM, where trials run elsewhere. */
  difference(modelSha256: string): ProviderDifference | undefined {
    return this.#differences.get(modelSha256);
  }

  async evaluate({ bytes, modelSha256 }: EngineModel, config: TuneConfig): Promise<Evaluation> {
    const { setup, check, simulation, onStart } = this.#parts;
    onStart();
    if (check) {
      const precision = config.float16Compute ? 'float16' : 'float32';
      const difference = await retryDeadWorker(() =>
        checkProvider(check.target, check.wasm, setup.feed, bytes, setup.output, precision),
      );
      this.#differences.set(modelSha256, difference);
    }
    const miss = await simulation?.miss(bytes, config, (elsewhere, simulated) => this.#score(elsewhere, simulated));
    return miss ?? this.#score(setup, bytes, (measured) => this.#remember(modelSha256, measured));
  }

  async #score(
    setup: EvaluationSetup,
    bytes: Uint8Array,
    remember?: (measured: Measured) => void,
  ): Promise<Evaluation> {
    const { floatValues, racing, stopwatch, onSamples } = this.#parts;
    const outcome = await retryDeadWorker(() => {
      const race = this.#race();
      return evaluateModel(setup, 'trial', bytes, {
        onSamples,
        ...(race && { givesUp: (values) => race.add(values) }),
      });
    });
    stopwatch.add('session', outcome.seconds.session);
    stopwatch.add('evaluation', outcome.seconds.evaluation);
    const { samplesEvaluated, values } = outcome;
    if (samplesEvaluated === setup.feed.count) {
      remember?.({ values, decisions: outcome.decisions });
      const difference = scoreDifference(setup.metric, values, floatValues);
      const differences = differencesOf(setup.metric, values, floatValues);
      const scores = scoresOf(setup.metric, values);
      return { status: 'complete', ...scores, samplesEvaluated, difference, ...(differences && { differences }) };
    }
    const seen = setup.feed.order.slice(0, samplesEvaluated);
    const pick = (of: ArrayLike<number>): number[] => seen.map((sample) => of[sample] as number);
    const { halfWidth } = scoreDifference(setup.metric, pick(values), pick(floatValues));
    // What the samples seen differ by says more of the whole than their own score, which depends on which they are.
    const higherIsBetter = racing?.higherIsBetter ?? setup.metric.higherIsBetter;
    const mean = stratifiedDifference(values, floatValues, seen, setup.metric, higherIsBetter);
    const score = setup.metric.score(Float64Array.from(floatValues)) + mean;
    return { status: 'pruned', score, samplesEvaluated, difference: { mean, halfWidth } };
  }

  #remember(modelSha256: string, measured: Measured): void {
    const [oldest] = this.#measured.keys();
    if (oldest !== undefined && this.#measured.size >= MOST_REMEMBERED) this.#measured.delete(oldest);
    this.#measured.set(modelSha256, measured);
  }

  /** Undefined where an evaluation cannot end early: the metric has no bounds, or the configuration forbids it. */
  #race(): Race | undefined {
    const { setup, floatValues, racing } = this.#parts;
    const { range } = setup.metric;
    if (!racing || !Number.isFinite(range.max - range.min)) return undefined;
    const inOrder = setup.feed.order.map((sample) => floatValues[sample] as number);
    return new Race({ ...racing, floatValues: inOrder, range });
  }

  async time({ bytes, modelSha256 }: EngineModel, config: TuneConfig): Promise<Timing> {
    const { setup, floatBytes, stopwatch } = this.#parts;
    const threshold = decidingRatio(config);
    const compared = await stopwatch.time('latency', () =>
      retryDeadWorker(() => compareLatency(setup.pool, setup.feed, floatBytes, bytes, { threshold })),
    );
    this.#times.set(modelSha256, compared.times);
    return { latencyMs: compared.latencyMs, latencySpreadMs: compared.spreadMs, latencyRatio: compared.ratio };
  }
}
