import type { SessionRecord, StoredRanges } from '../history/session-record.ts';
import type { OpConfig } from '../quantize/config.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { calibrationTensors } from '../quantize/rewrite/activation-parameters.ts';
import { selectOps } from '../quantize/rewrite/select.ts';
import type { TuningSpace } from '../tuning/types.ts';
import { calibrate } from './calibrate.ts';
import type { Feed } from './feed.ts';
import { progressReporter } from './progress.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { Platform } from './tune-input.ts';

/** Ranges by sampling size: those that the store holds, the others calibrated when first asked for and stored. */
export class Calibrator {
  readonly #known: Map<number, StoredRanges>;
  readonly #make: (samplingSize: number) => Promise<StoredRanges>;
  readonly #save: (samplingSize: number, ranges: StoredRanges) => Promise<void>;
  readonly #emit: Platform['emit'];
  /** The sampling size that most trials start from; null where no config of the space needs ranges. */
  readonly #first: number | null;

  constructor(
    model: PreparedModel,
    space: TuningSpace,
    feedOf: (samples: number) => Feed,
    stored: SessionRecord['ranges'],
    { pool, store, clock, control, emit }: Platform,
    stopwatch: Stopwatch,
  ) {
    this.#known = new Map(Object.entries(stored).map(([size, ranges]) => [Number(size), ranges]));
    const tensors = spaceTensors(model, space);
    this.#first = tensors.length > 0 ? (space.samplingSizes[0] ?? null) : null;
    this.#emit = emit;
    this.#save = (samplingSize, ranges) => store.saveRanges(samplingSize, ranges);
    this.#make = async (samplingSize) => {
      const feed = feedOf(samplingSize);
      if (feed.count < samplingSize) {
        const message = `sampling_size is ${samplingSize}, the calibration data have ${feed.count} samples: all of them are used.`;
        emit({ type: 'warning', warning: { code: 'few-calibration-samples', message } });
      }
      const detail = `Calibrating on ${feed.count} samples`;
      emit({ type: 'stage', stage: 'calibration', detail });
      const report = progressReporter(clock, emit, 'calibration', detail);
      return stopwatch.time('calibration', () => calibrate(pool, model, tensors, feed, control, report));
    };
  }

  /**
   * Calibrates for the first sampling size before there is a session: data or a model that cannot be calibrated are bad input,
   * which stores nothing. Returns what stores the ranges once the session has begun. Throws `activation-not-finite`, `data-*`.
   */
  async rehearse(): Promise<() => Promise<void>> {
    const samplingSize = this.#first;
    if (samplingSize === null || this.#known.has(samplingSize)) return async () => undefined;
    const ranges = await this.#make(samplingSize);
    this.#known.set(samplingSize, ranges);
    return () => this.#save(samplingSize, ranges);
  }

  async ranges(samplingSize: number): Promise<StoredRanges> {
    const known = this.#known.get(samplingSize);
    if (known) return known;
    const ranges = await this.#make(samplingSize);
    await this.#save(samplingSize, ranges);
    this.#known.set(samplingSize, ranges);
    this.#emit({ type: 'stage', stage: 'tuning', detail: 'Trying configurations' });
    return ranges;
  }
}

/** Every tensor that some config of the space may quantize: one calibration serves them all. */
function spaceTensors(model: PreparedModel, space: TuningSpace): string[] {
  const ops = space.ops.map(({ name, int8 }): [string, OpConfig] => [
    name,
    int8.find(({ mode }) => mode === 'static') ?? 'fp32',
  ]);
  return calibrationTensors(model, selectOps(model, { ops: Object.fromEntries(ops), weightStorage: 'float32' }));
}
