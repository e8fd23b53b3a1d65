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

  constructor(
    model: PreparedModel,
    space: TuningSpace,
    feedOf: (samples: number) => Feed,
    stored: SessionRecord['ranges'],
    { pool, store, clock, control, emit }: Platform,
    stopwatch: Stopwatch,
  ) {
    this.#known = new Map(Object.entries(stored).map(([size, ranges]) => [Number(size), ranges]));
    this.#make = async (samplingSize) => {
      const feed = feedOf(samplingSize);
      if (feed.count < samplingSize) {
        const message = `sampling_size is ${samplingSize}, the calibration data have ${feed.count} samples: all of them are used.`;
        emit({ type: 'warning', warning: { code: 'few-calibration-samples', message } });
      }
      const detail = `Calibrating on ${feed.count} samples`;
      emit({ type: 'stage', stage: 'calibration', detail });
      const report = progressReporter(clock, emit, 'calibration', detail);
      const tensors = spaceTensors(model, space);
      const ranges = await stopwatch.time('calibration', () => calibrate(pool, model, tensors, feed, control, report));
      await store.saveRanges(samplingSize, ranges);
      emit({ type: 'stage', stage: 'tuning', detail: 'Trying configurations' });
      return ranges;
    };
  }

  async ranges(samplingSize: number): Promise<StoredRanges> {
    const known = this.#known.get(samplingSize) ?? (await this.#make(samplingSize));
    this.#known.set(samplingSize, known);
    return known;
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
