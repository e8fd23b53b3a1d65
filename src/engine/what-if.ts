import { Fault } from '../base/fault.ts';
import type { Forecast } from '../history/forecast.ts';
import { moveBase } from '../history/move-base.ts';
import type { OpValues } from '../history/op-values.ts';
import type { SessionRecord } from '../history/session-record.ts';
import { scoreDifference } from '../metrics/score-difference.ts';
import { CostModel } from '../quantize/cost/cost-model.ts';
import type { CostTable } from '../quantize/cost/cost-table.ts';
import type { Move } from '../tuning/moves.ts';
import type { TuningSpace } from '../tuning/types.ts';
import { proposedByHand } from './by-hand.ts';
import { Calibrator } from './calibrator.ts';
import { evaluateModel, valuesIn } from './evaluate.ts';
import { Feed } from './feed.ts';
import { compareLatency } from './latency.ts';
import { opValues } from './op-values.ts';
import { priceSpace } from './priced-space.ts';
import { openSession, type OpenSession } from './open-session.ts';
import { Stopwatch } from './stopwatch.ts';
import { EngineTrialRunner } from './trial-runner.ts';
import type { Platform, TuneInput } from './tune-input.ts';

/** Calibration samples whose values are shown. */
const VALUE_SAMPLES = 64;
/** So many samples take a moment, and tell a loss of some per cent from none. */
const SAMPLES = 128;
/** A forecast is there within two seconds: without a cost table models are timed in half of one, if the least number of runs fits. */
const TIMING = { budgetMs: 500, rounds: 1 };
const SLOWEST_TIMED_MS = 15;

/**
 * Answers what a move would do to a session that has ended, from a few samples and the cost table, and what values an op works
 * on; nothing of it is kept. One question after the other: they share the workers.
 */
export class WhatIf {
  readonly #session: OpenSession;
  readonly #record: SessionRecord;
  readonly #platform: Platform;
  readonly #calibrator: Calibrator;
  readonly #runner: EngineTrialRunner;
  readonly #feed: Feed;
  readonly #floatValues: ArrayLike<number>;
  readonly #costs: CostModel | null;
  /** As it was searched. */
  readonly #space: TuningSpace;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(
    session: OpenSession,
    record: SessionRecord,
    platform: Platform,
    calibrator: Calibrator,
    runner: EngineTrialRunner,
    feed: Feed,
    floatValues: ArrayLike<number>,
  ) {
    this.#session = session;
    this.#record = record;
    this.#platform = platform;
    this.#calibrator = calibrator;
    this.#runner = runner;
    this.#feed = feed;
    this.#floatValues = floatValues;
    const table = record.notes['costs'] as unknown as CostTable | undefined;
    const { prepared, capability, settings } = session;
    this.#costs = table ? new CostModel(prepared, table) : null;
    this.#space = table ? priceSpace(prepared, capability, settings, table).space : session.space;
  }

  /** Reads model and data again; the calibration is that of the session. Throws `usage` where it has not ended. */
  static async open(input: TuneInput, platform: Platform): Promise<WhatIf> {
    const record = await platform.store.load();
    if (!record?.outcome || !record.baseline) {
      throw new Fault('usage', { message: 'The search of this session has not ended', next: 'Resume it first.' });
    }
    const session = await openSession(input, platform, record);
    const { setup, prepared, space, bytes, header, calibrationFeed } = session;
    const stopwatch = new Stopwatch(platform.clock);
    const place = { ...platform, pool: setup.pool };
    const calibrator = new Calibrator(prepared, space, calibrationFeed, record.ranges, place, stopwatch, header);
    const { dataset, plan, order } = setup.feed;
    const feed = new Feed('what-if', dataset, plan, SAMPLES, order.slice(0, SAMPLES));
    const comparesWith = setup.metric.compares(setup.metricOptions);
    const floatValues =
      comparesWith === 'labels'
        ? record.baseline.values
        : (await evaluateModel({ ...setup, feed }, 'what-if float', bytes, { keepReference: true })).values;
    const runner = new EngineTrialRunner({
      floatBytes: bytes,
      floatValues,
      setup,
      calibrator,
      stopwatch,
      racing: null,
      onStart: () => undefined,
      onSamples: () => undefined,
    });
    return new WhatIf(session, record, platform, calibrator, runner, feed, floatValues);
  }

  /** Of the session's best int8 config, changed by `move`. Throws `usage` where the move cannot be made. */
  forecast(move: Move): Promise<Forecast> {
    return this.#inTurn(() => this.#forecast(move));
  }

  /** Values of an op in the float model that this config starts from, on calibration samples. Throws `usage` for an unknown op. */
  values(op: string): Promise<OpValues> {
    return this.#inTurn(async () => {
      const { space, setup, calibrationFeed } = this.#session;
      const base = moveBase(this.#record);
      const config = base?.config ?? { ops: {}, weightStorage: space.weightStorage, samplingSize: 0 };
      const { pool, control } = this.#platform;
      const calibrated = await this.#calibrator.calibrated(config);
      const feed = calibrationFeed(VALUE_SAMPLES, 'values');
      return opValues(
        { pool, control, clock: setup.clock, space, trial: base?.number ?? null, config, calibrated, feed },
        op,
      );
    });
  }

  #inTurn<T>(answer: () => Promise<T>): Promise<T> {
    const answered = this.#last.then(answer);
    this.#last = answered.catch(() => undefined);
    return answered;
  }

  async #forecast(move: Move): Promise<Forecast> {
    const { setup } = this.#session;
    const { config } = proposedByHand(this.#record, move, this.#space);
    const started = setup.clock();
    const { bytes } = await this.#runner.build(config);
    const { values } = await evaluateModel({ ...setup, feed: this.#feed }, 'what-if', bytes);
    const timed = await this.#timed(bytes);
    const seen = (of: ArrayLike<number>): Float64Array => valuesIn(this.#feed, setup.metric, of);
    return {
      samples: this.#feed.count,
      difference: scoreDifference(setup.metric, seen(values), seen(this.#floatValues)),
      sizeBytes: bytes.length,
      latencyRatio: timed ?? this.#costs?.ratio(config) ?? null,
      isTimed: timed !== null,
      seconds: (setup.clock() - started) / 1000,
    };
  }

  /** Null where the cost table foretells it, or where it would take too long. */
  async #timed(bytes: Uint8Array): Promise<number | null> {
    const { setup, bytes: floatBytes } = this.#session;
    const latencyMs = this.#record.baseline?.baseline.latencyMs ?? Infinity;
    if (this.#costs || latencyMs > SLOWEST_TIMED_MS) return null;
    return (await compareLatency(setup.pool, this.#feed, floatBytes, bytes, TIMING)).ratio;
  }
}
