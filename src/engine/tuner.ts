import type { Clock } from '../base/clock.ts';
import type { SourceFile } from '../data/dataset.ts';
import type { Forecast } from '../history/forecast.ts';
import type { OpValues } from '../history/op-values.ts';
import type { Recipe } from '../history/recipe.ts';
import type { SessionStore, StatisticsCache } from '../history/session-record.ts';
import type { SpareMemory } from '../history/spare-shelves.ts';
import type { TuneReport } from '../history/tune-report.ts';
import type { Move } from '../tuning/moves.ts';
import type { Preset } from '../tuning/presets/preset.ts';
import { PRESETS } from '../tuning/presets/registry.ts';
import type { OutlineKey } from '../tuning/config/outline.ts';
import { settingsToYaml } from '../tuning/config/parse.ts';
import { settingsShape, type TuneSettings } from '../tuning/config/settings.ts';
import { withoutToken } from '../tuning/config/token.ts';
import { checkpoint, ManualControl } from './control.ts';
import type { TuneEvent } from './events.ts';
import { inspectModel, type ModelInspection } from './inspect.ts';
import { previewArrays, previewData } from './preview.ts';
import type { ArrayTable } from '../base/array-choice.ts';
import type { DataPreview, PreviewRequest } from './preview-api.ts';
import { rebuildModel } from './rebuild.ts';
import type { Outside } from './outside.ts';
import type { SessionPool } from './session-host-api.ts';
import { tune } from './tune.ts';
import type { Platform, TuneInput } from './tune-input.ts';
import { unpackArchives } from './unpack-archives.ts';
import { openSettings } from './open-inputs.ts';
import type { ConfigReading, StrategyChoice, TuneRequest, TunerApi } from './tuner-api.ts';
import { WhatIf } from './what-if.ts';
import { vocabulary } from './vocabulary.ts';

/** What the tuner worker is given by the place it runs in. */
export interface TunerPlatform {
  readonly pool: SessionPool;
  readonly gpuPool?: SessionPool;
  readonly clock: Clock;
  readonly timestamp: () => string;
  readonly openStore: (sessionId: string) => Promise<SessionStore>;
  /** Told where to keep what the disk refuses. */
  readonly keepIn: (memory: SpareMemory) => void;
  readonly statisticsCache?: StatisticsCache;
  readonly outside: Outside;
}

/** Events are handed over in batches at this interval: often enough to look live, rarely enough to leave the page free. */
const BATCH_MS = 100;

/** The engine as the page calls it. One run at a time. */
export class Tuner implements TunerApi {
  readonly #platform: TunerPlatform;
  #control = new ManualControl();
  /** Of one session at a time. */
  #whatIf: { readonly sessionId: string; readonly opened: Promise<WhatIf> } | null = null;
  #previewControl = new ManualControl();
  /** Settles once no preview runs. */
  #previews: Promise<unknown> = Promise.resolve();

  constructor(platform: TunerPlatform) {
    this.#platform = platform;
  }

  async keepIn(memory: SpareMemory): Promise<void> {
    this.#platform.keepIn(memory);
  }

  tune(request: TuneRequest, onEvents: (events: readonly TuneEvent[]) => void): Promise<TuneReport> {
    return this.#run(request, {}, onEvents);
  }

  measureSensitivity(request: TuneRequest, onEvents: (events: readonly TuneEvent[]) => void): Promise<TuneReport> {
    return this.#run(request, { sensitivity: true }, onEvents);
  }

  tryMove(request: TuneRequest, move: Move, onEvents: (events: readonly TuneEvent[]) => void): Promise<TuneReport> {
    return this.#run(request, { move }, onEvents);
  }

  async #run(
    request: TuneRequest,
    more: Pick<TuneInput, 'sensitivity' | 'move'>,
    onEvents: (events: readonly TuneEvent[]) => void,
  ): Promise<TuneReport> {
    const { outside } = this.#platform;
    this.#whatIf = null;
    this.#control = new ManualControl();
    this.#previewControl.stop();
    await this.#previews;
    const batch = new EventBatch(onEvents, outside.delay);
    try {
      return await tune({ ...request, ...more }, await this.#place(request, (event) => batch.add(event)));
    } finally {
      batch.flush();
      this.#terminate();
    }
  }

  #terminate(): void {
    this.#platform.pool.terminate();
    this.#platform.gpuPool?.terminate();
  }

  async #place({ sessionId }: TuneRequest, emit: Platform['emit']): Promise<Platform> {
    const { pool, gpuPool, clock, timestamp, openStore, statisticsCache, outside } = this.#platform;
    const store = await openStore(sessionId);
    const more = { ...(gpuPool && { gpuPool }), ...(statisticsCache && { statisticsCache }) };
    return { pool, clock, startedAt: timestamp(), store, ...more, control: this.#control, emit, outside };
  }

  forecast(request: TuneRequest, move: Move): Promise<Forecast> {
    return this.#ask(request, (whatIf) => whatIf.forecast(move));
  }

  opValues(request: TuneRequest, op: string): Promise<OpValues> {
    return this.#ask(request, (whatIf) => whatIf.values(op));
  }

  async #ask<T>(request: TuneRequest, question: (whatIf: WhatIf) => Promise<T>): Promise<T> {
    if (this.#whatIf?.sessionId !== request.sessionId) {
      const platform = await this.#place(request, () => undefined);
      this.#whatIf = { sessionId: request.sessionId, opened: WhatIf.open(request, platform) };
    }
    const { opened } = this.#whatIf;
    try {
      return await question(await opened);
    } catch (thrown) {
      await this.endWhatIf();
      throw thrown;
    }
  }

  async endWhatIf(): Promise<void> {
    if (this.#whatIf) this.#terminate();
    this.#whatIf = null;
  }

  /** Its workers stay, for the next one or for the run. */
  preview(request: PreviewRequest, onShare: (share: number) => void): Promise<DataPreview> {
    const { pool } = this.#platform;
    const control = new ManualControl();
    this.#previewControl.stop();
    this.#previewControl = control;
    const shown = this.#previews.then(async () => {
      await checkpoint(control);
      return previewData(request, { pool, control, onShare });
    });
    this.#previews = shown.catch(() => undefined);
    return shown;
  }

  /** After the preview whose failure makes people ask. */
  listArrays(request: PreviewRequest): Promise<ArrayTable> {
    const listed = this.#previews.then(() => previewArrays(request, this.#platform.pool));
    this.#previews = listed.catch(() => undefined);
    return listed;
  }

  async pause(): Promise<void> {
    this.#control.pause();
  }

  async resume(): Promise<void> {
    this.#control.resume();
  }

  async stop(): Promise<void> {
    this.#control.stop();
  }

  async readConfig({ text, fileName }: NonNullable<TuneRequest['config']>): Promise<ConfigReading> {
    const bare = withoutToken(text);
    const { settings, warnings } = openSettings({ text: bare.text, fileName });
    const { strategy, accuracyCriterion, exitPolicy } = settings.tuning;
    const server = strategy.name === 'sigopt' ? strategy.options['sigopt_base_url'] : null;
    const { kind, tolerance } = accuracyCriterion;
    return {
      ...bare,
      server: typeof server === 'string' && server !== '' ? server : null,
      warnings,
      understood: settingsToYaml(settings),
      form: {
        lossPercent: kind === 'relative' ? 100 * tolerance : null,
        maxTrials: exitPolicy.maxTrials,
        strategyName: strategy.name,
        device: settings.device,
        scoringDevice: settings.evaluation.accuracy.device,
      },
    };
  }

  async configText(settings: TuneSettings): Promise<string> {
    return settingsToYaml(settings);
  }

  async configOutline(): Promise<readonly OutlineKey[]> {
    return settingsShape(vocabulary).parts ?? [];
  }

  async strategies(): Promise<readonly StrategyChoice[]> {
    return vocabulary.strategies.map(({ name, help }) => ({ name, help }));
  }

  async presets(): Promise<readonly Preset[]> {
    return PRESETS;
  }

  unpack(files: readonly SourceFile[]): Promise<SourceFile[]> {
    return unpackArchives(files);
  }

  inspect(model: readonly SourceFile[]): Promise<ModelInspection> {
    return inspectModel(model, this.#platform.pool);
  }

  rebuild(recipe: Recipe, model: readonly SourceFile[]): Promise<Uint8Array> {
    return rebuildModel(recipe, model);
  }
}

class EventBatch {
  readonly #send: (events: readonly TuneEvent[]) => void;
  readonly #delay: Outside['delay'];
  #waiting: TuneEvent[] = [];

  constructor(send: (events: readonly TuneEvent[]) => void, delay: Outside['delay']) {
    this.#send = send;
    this.#delay = delay;
  }

  add(event: TuneEvent): void {
    if (this.#waiting.length === 0) this.#delay(BATCH_MS, () => this.flush());
    this.#waiting.push(event);
  }

  flush(): void {
    if (this.#waiting.length === 0) return;
    this.#send(this.#waiting);
    this.#waiting = [];
  }
}
