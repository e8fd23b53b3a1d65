import type { Loudest, ModelStatistics, SessionRecord, StoredRanges } from '../history/session-record.ts';
import type { ActivationRanges, ChannelMeans, OpConfig, OutlierChannels } from '../quantize/config.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import { outlierChannels } from '../quantize/recipes/outlier-channels.ts';
import { calibrationTensors } from '../quantize/rewrite/activation-parameters.ts';
import { selectOps } from '../quantize/rewrite/select.ts';
import { forcedRecipes } from '../tuning/recipes.ts';
import type { TuneConfig, TuningSpace } from '../tuning/types.ts';
import { calibrate, calibrationTargets } from './calibrate.ts';
import type { Feed } from './feed.ts';
import type { OpenHeader } from './open-session.ts';
import { progressReporter } from './progress.ts';
import { statisticsKey } from './statistics-key.ts';
import { graphRecipes, isStatic, switchedOn, type GraphRecipe } from './source-model.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { Platform } from './tune-input.ts';

/** Without a store nothing is kept. */
type CalibratorPlatform = Pick<Platform, 'pool' | 'clock' | 'control' | 'emit'> &
  Partial<Pick<Platform, 'store' | 'statisticsCache'>>;

/** What the rewrite of a config starts from. */
export interface Calibrated {
  readonly model: PreparedModel;
  readonly ranges: ActivationRanges;
  readonly means: ChannelMeans;
  /** Channels that SmoothQuant was given. */
  readonly loudest: Loudest;
  /** Loud channels of the model. */
  readonly outliers: OutlierChannels;
}

/**
 * Statistics by sampling size, of the model as it is and as graph recipes change it: those that the store holds, the others
 * made when first asked for and stored. Without a `header` no earlier calibration is looked for.
 */
export class Calibrator {
  readonly #model: PreparedModel;
  readonly #space: TuningSpace;
  readonly #feedOf: (samples: number) => Feed;
  readonly #platform: CalibratorPlatform;
  readonly #stopwatch: Stopwatch;
  readonly #known: Map<number, StoredRanges>;
  readonly #header: OpenHeader | null;
  readonly #models = new Map<string, PreparedModel>();
  /** Before there is a session nothing is stored. */
  #hasBegun = false;

  constructor(
    model: PreparedModel,
    space: TuningSpace,
    feedOf: (samples: number) => Feed,
    stored: SessionRecord['ranges'],
    platform: CalibratorPlatform,
    stopwatch: Stopwatch,
    header: OpenHeader | null,
  ) {
    this.#model = model;
    this.#space = space;
    this.#feedOf = feedOf;
    this.#known = new Map(Object.entries(stored).map(([size, ranges]) => [Number(size), ranges]));
    this.#platform = platform;
    this.#stopwatch = stopwatch;
    this.#header = header;
  }

  /** The model and the statistics that a config asks for; no calibration where it has no static op. */
  async calibrated(config: TuneConfig): Promise<Calibrated> {
    if (!isStatic(config)) return { model: this.#model, ranges: {}, means: {}, loudest: {}, outliers: {} };
    const recipes = graphRecipes(config);
    const { samplingSize } = config;
    const { ranges, means, loudest: channels } = await this.#statistics(samplingSize, recipes);
    const loudest = await this.#loudestFor(samplingSize, recipes);
    const outliers = outlierChannels(channels);
    return { model: await this.#modelWith(samplingSize, recipes), ranges, means, loudest, outliers };
  }

  /**
   * Calibrates for the first sampling size before there is a session: data or a model that cannot be calibrated are bad input,
   * which stores nothing. Returns what stores the ranges once the session has begun. Throws `activation-not-finite`, `data-*`.
   */
  async rehearse(): Promise<() => Promise<void>> {
    const [samplingSize] = this.#space.samplingSizes;
    const begin = async (): Promise<void> => void (this.#hasBegun = true);
    if (samplingSize === undefined || spaceTensors(this.#model, this.#space).length === 0) return begin;
    const before = this.#known.get(samplingSize);
    await this.#statistics(samplingSize, switchedOn(forcedRecipes(this.#space)));
    const found = this.#known.get(samplingSize);
    return async () => {
      await begin();
      if (found && found !== before) await this.#platform.store?.saveRanges(samplingSize, found);
    };
  }

  /** What was found about the model as it is. */
  statistics(samplingSize: number): Promise<ModelStatistics> {
    return this.#statistics(samplingSize, []);
  }

  async #statistics(samplingSize: number, recipes: readonly GraphRecipe[]): Promise<ModelStatistics> {
    const key = keyOf(recipes);
    const known = this.#known.get(samplingSize)?.[key];
    if (known) return known;
    const model = await this.#modelWith(samplingSize, recipes);
    const found = await this.#measure(model, samplingSize, recipes);
    const all = { ...this.#known.get(samplingSize), [key]: found };
    this.#known.set(samplingSize, all);
    if (this.#hasBegun) await this.#platform.store?.saveRanges(samplingSize, all);
    return found;
  }

  async #modelWith(samplingSize: number, recipes: readonly GraphRecipe[]): Promise<PreparedModel> {
    const last = recipes.at(-1);
    if (!last) return this.#model;
    const key = last.needsLoudest ? `${keyOf(recipes)}/${samplingSize}` : keyOf(recipes);
    const known = this.#models.get(key);
    if (known) return known;
    const before = recipes.slice(0, -1);
    const loudest = await this.#loudestFor(samplingSize, recipes);
    const model = last.apply(await this.#modelWith(samplingSize, before), loudest);
    this.#models.set(key, model);
    return model;
  }

  /** Channels of the model that the last of the recipes is applied to; none where it does not look at them. */
  async #loudestFor(samplingSize: number, recipes: readonly GraphRecipe[]): Promise<Loudest> {
    if (!recipes.at(-1)?.needsLoudest) return {};
    return (await this.#statistics(samplingSize, recipes.slice(0, -1))).loudest;
  }

  async #measure(
    model: PreparedModel,
    samplingSize: number,
    recipes: readonly GraphRecipe[],
  ): Promise<ModelStatistics> {
    const { pool, clock, control, emit, statisticsCache } = this.#platform;
    const feed = this.#feedOf(samplingSize);
    if (feed.count < samplingSize && recipes.length === 0) {
      const message = `sampling_size is ${samplingSize}, the calibration data have ${feed.count} samples: all of them are used.`;
      emit({ type: 'warning', warning: { code: 'few-calibration-samples', message } });
    }
    const targets = calibrationTargets(model, spaceTensors(model, this.#space), this.#space);
    const key = this.#header && (await statisticsKey(this.#header, samplingSize, keyOf(recipes), targets));
    const kept = key && (await statisticsCache?.load(key));
    if (kept) return kept;
    const what = recipes.length === 0 ? '' : ` the ${keyOf(recipes)} model`;
    const detail = `Calibrating${what} on ${feed.count} samples`;
    emit({ type: 'stage', stage: 'calibration', detail });
    const report = progressReporter(clock, emit, 'calibration', detail);
    const found = await this.#stopwatch.time('calibration', () =>
      calibrate(pool, model, targets, feed, control, report),
    );
    if (key) await statisticsCache?.save(key, found);
    emit({ type: 'stage', stage: 'tuning', detail: 'Trying configurations' });
    return found;
  }
}

function keyOf(recipes: readonly GraphRecipe[]): string {
  return recipes.map(({ key }) => key).join(', ') || 'plain';
}

/** Every tensor that some config of the space may quantize: one calibration serves them all. */
function spaceTensors(model: PreparedModel, space: TuningSpace): string[] {
  const ops = space.ops.map(({ name, int8 }): [string, OpConfig] => [
    name,
    int8.find(({ mode }) => mode === 'static') ?? 'fp32',
  ]);
  return calibrationTensors(model, selectOps(model, { ops: Object.fromEntries(ops), weightStorage: 'float32' }));
}
