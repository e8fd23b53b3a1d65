import type { MethodRanges, SessionRecord, StoredRanges } from '../history/session-record.ts';
import type { ActivationRanges, OpConfig, QuantizeConfig } from '../quantize/config.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { calibrationTensors } from '../quantize/rewrite/activation-parameters.ts';
import { selectOps } from '../quantize/rewrite/select.ts';
import type { TuneConfig, TuningSpace } from '../tuning/types.ts';
import { calibrate } from './calibrate.ts';
import type { Feed } from './feed.ts';
import { progressReporter } from './progress.ts';
import { measureLoudest, smoothModel } from './smooth.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { Platform } from './tune-input.ts';

/** What the rewrite of a config starts from. */
export interface Calibrated {
  readonly model: PreparedModel;
  readonly ranges: ActivationRanges;
}

/** Ranges by sampling size, and smoothed models by α: those that the store holds, the others made when first asked for and stored. */
export class Calibrator {
  readonly #model: PreparedModel;
  readonly #space: TuningSpace;
  readonly #feedOf: (samples: number) => Feed;
  readonly #platform: Platform;
  readonly #stopwatch: Stopwatch;
  readonly #known: Map<number, StoredRanges>;
  readonly #smoothed = new Map<string, PreparedModel>();

  constructor(
    model: PreparedModel,
    space: TuningSpace,
    feedOf: (samples: number) => Feed,
    stored: SessionRecord['ranges'],
    platform: Platform,
    stopwatch: Stopwatch,
  ) {
    this.#model = model;
    this.#space = space;
    this.#feedOf = feedOf;
    this.#known = new Map(Object.entries(stored).map(([size, ranges]) => [Number(size), ranges]));
    this.#platform = platform;
    this.#stopwatch = stopwatch;
  }

  /** The model and the ranges that a config asks for; no calibration where it has no static op. */
  async calibrated(config: TuneConfig): Promise<Calibrated> {
    if (!isStatic(config)) return { model: this.#model, ranges: {} };
    const ranges = await this.ranges(config.samplingSize);
    return config.smoothQuant === undefined
      ? { model: this.#model, ranges }
      : this.#smooth(config.smoothQuant, config.samplingSize);
  }

  /**
   * Calibrates for the first sampling size before there is a session: data or a model that cannot be calibrated are bad input,
   * which stores nothing. Returns what stores the ranges once the session has begun. Throws `activation-not-finite`, `data-*`.
   */
  async rehearse(): Promise<() => Promise<void>> {
    const [samplingSize] = this.#space.samplingSizes;
    const idle = samplingSize === undefined || this.#known.has(samplingSize);
    if (idle || spaceTensors(this.#model, this.#space).length === 0) return async () => undefined;
    const ranges = await this.#measure(samplingSize);
    this.#known.set(samplingSize, ranges);
    return () => this.#platform.store.saveRanges(samplingSize, ranges);
  }

  async ranges(samplingSize: number): Promise<StoredRanges> {
    return this.#known.get(samplingSize) ?? this.#keep(samplingSize, await this.#measure(samplingSize));
  }

  async #measure(samplingSize: number): Promise<MethodRanges> {
    const feed = this.#feedOf(samplingSize);
    if (feed.count < samplingSize) {
      const message = `sampling_size is ${samplingSize}, the calibration data have ${feed.count} samples: all of them are used.`;
      this.#platform.emit({ type: 'warning', warning: { code: 'few-calibration-samples', message } });
    }
    return this.#calibrate(this.#model, feed, `Calibrating on ${feed.count} samples`);
  }

  async #smooth(alpha: number, samplingSize: number): Promise<Calibrated> {
    const stored = await this.ranges(samplingSize);
    const feed = this.#feedOf(samplingSize);
    const loudest =
      stored.loudest ??
      (await this.#stopwatch.time('calibration', () =>
        measureLoudest(this.#platform.pool, this.#model, feed, this.#platform.control),
      ));
    const key = `${samplingSize}/${alpha}`;
    const model = this.#smoothed.get(key) ?? smoothModel(this.#model, loudest, alpha);
    this.#smoothed.set(key, model);
    const known = stored.smoothed?.[alpha];
    if (known) return { model, ranges: known };
    const ranges = await this.#calibrate(model, feed, `Calibrating the smoothed model on ${feed.count} samples`);
    await this.#keep(samplingSize, { ...stored, loudest, smoothed: { ...stored.smoothed, [alpha]: ranges } });
    return { model, ranges };
  }

  async #calibrate(model: PreparedModel, feed: Feed, detail: string): Promise<MethodRanges> {
    const { pool, clock, control, emit } = this.#platform;
    emit({ type: 'stage', stage: 'calibration', detail });
    const report = progressReporter(clock, emit, 'calibration', detail);
    const tensors = spaceTensors(model, this.#space);
    const ranges = await this.#stopwatch.time('calibration', () =>
      calibrate(pool, model, tensors, feed, control, report),
    );
    emit({ type: 'stage', stage: 'tuning', detail: 'Trying configurations' });
    return ranges;
  }

  async #keep(samplingSize: number, ranges: StoredRanges): Promise<StoredRanges> {
    await this.#platform.store.saveRanges(samplingSize, ranges);
    this.#known.set(samplingSize, ranges);
    return ranges;
  }
}

function isStatic({ ops }: QuantizeConfig): boolean {
  return Object.values<OpConfig>(ops).some((op) => op !== 'fp32' && op.mode === 'static');
}

/** Every tensor that some config of the space may quantize: one calibration serves them all. */
function spaceTensors(model: PreparedModel, space: TuningSpace): string[] {
  const ops = space.ops.map(({ name, int8 }): [string, OpConfig] => [
    name,
    int8.find(({ mode }) => mode === 'static') ?? 'fp32',
  ]);
  return calibrationTensors(model, selectOps(model, { ops: Object.fromEntries(ops), weightStorage: 'float32' }));
}
