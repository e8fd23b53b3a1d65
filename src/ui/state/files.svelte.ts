import type { SourceFile } from '../../base/source-file.ts';
import type { SessionFiles } from '../../history/session-database.ts';
import { baseName } from '../format.ts';
import { EMPTY_SLOTS, sortFiles, type FileGroup, type Slot, type Slots } from '../sort-files.ts';

/** Stands in messages for the name of a configuration file where there is none. */
export const PAGE_SETTINGS = 'settings of the page';

/** The files that the next session will be started with. */
export class FilesState {
  #slots = $state.raw<Slots>(EMPTY_SLOTS);
  #aside = $state.raw<readonly string[]>([]);
  #configText = $state.raw<string | null>(null);
  /** Allowed loss in percent of the float score, and most trials: used where no configuration file is given. */
  lossPercent = $state(1);
  maxTrials = $state(100);
  /** Where the model will run. */
  device = $state<'cpu' | 'gpu'>('cpu');
  /** Where int8 models are scored first that run on the processor. */
  scoringDevice = $state<'cpu' | 'gpu'>('cpu');
  /** Null: the default of Octet. */
  strategyName = $state<string | null>(null);
  /** Whether the user lets the module in the strategy slot run; asked again for every file. */
  runsStrategy = $state(false);

  get slots(): Slots {
    return this.#slots;
  }

  /** Names of files of the last drop that are neither model, data nor configuration. */
  get aside(): readonly string[] {
    return this.#aside;
  }

  /** Text of the configuration file; null where there is none, and until it has been read. */
  get configText(): string | null {
    return this.#configText;
  }

  /** The settings of the form as YAML: what an editor starts from where no file is given. */
  get formText(): string {
    return this.#formText();
  }

  /** Puts an edited configuration into its slot, under the name of the file that was there. */
  setConfigText(text: string): void {
    if (text === this.#configText) return;
    const path = this.#slots.config[0]?.path ?? 'tune-config.yaml';
    this.#configText = text;
    this.#slots = { ...this.#slots, config: [{ path, blob: new Blob([text]) }] };
  }

  get ready(): boolean {
    return this.missing === null;
  }

  /** What is still missing, in words; null when a session can start. */
  get missing(): string | null {
    const { model, evaluation, strategy } = this.#slots;
    if (model.length === 0 && evaluation.length === 0) return 'Add a model and evaluation data to start.';
    if (model.length === 0) return 'Add a model to start.';
    if (evaluation.length === 0) return 'Add evaluation data to start.';
    const isAsked = strategy.length > 0 && !this.runsStrategy;
    return isAsked ? 'Tick “Run this code in the tuner”, or remove the strategy, to start.' : null;
  }

  /** Returns the names of files that are neither model, data nor configuration. */
  drop(files: readonly SourceFile[]): readonly string[] {
    const { slots, aside } = sortFiles(this.#slots, files);
    this.#set(slots);
    this.#aside = aside;
    return aside;
  }

  choose(slot: Slot, files: readonly SourceFile[]): void {
    if (files.length > 0) this.#set({ ...this.#slots, [slot]: isSingle(slot) ? files.slice(-1) : files });
  }

  remove(slot: Slot, { files }: FileGroup): void {
    this.#set({ ...this.#slots, [slot]: this.#slots[slot].filter((file) => !files.includes(file)) });
  }

  move(from: Slot, group: FileGroup, to: Slot): void {
    this.remove(from, group);
    const files = isSingle(to) ? group.files.slice(-1) : [...this.#slots[to], ...group.files];
    this.#set({ ...this.#slots, [to]: files });
  }

  clear(): void {
    this.#set(EMPTY_SLOTS);
  }

  /** Puts other files in place of all. */
  replace(slots: Slots): void {
    this.#set(slots);
  }

  async sessionFiles(): Promise<SessionFiles> {
    const { model, calibration, evaluation, holdOut, config, strategy } = this.#slots;
    const [file] = config;
    const [module] = strategy;
    const settings = file
      ? { text: await file.blob.text(), fileName: baseName(file.path) }
      : { text: this.#formText(), fileName: PAGE_SETTINGS };
    return {
      model,
      calibration,
      evaluation,
      holdOut,
      config: settings,
      ...(module &&
        this.runsStrategy && { strategy: { text: await module.blob.text(), fileName: baseName(module.path) } }),
    };
  }

  #set(slots: Slots): void {
    this.#aside = [];
    if (slots.strategy[0] !== this.#slots.strategy[0]) this.runsStrategy = false;
    const [config] = slots.config;
    if (config !== this.#slots.config[0]) {
      this.#configText = null;
      void config?.blob.text().then((text) => {
        if (this.#slots.config[0] === config) this.#configText = text;
      });
    }
    this.#slots = slots;
  }

  #formText(): string {
    const isGpu = this.device === 'gpu';
    return [
      ...(isGpu ? ['device: gpu'] : []),
      ...(this.scoringDevice === 'gpu' ? ['evaluation:', '  accuracy:', '    device: gpu'] : []),
      'tuning:',
      ...(this.strategyName === null || isGpu ? [] : ['  strategy:', `    name: ${this.strategyName}`]),
      '  accuracy_criterion:',
      `    relative: ${this.lossPercent / 100}`,
      '  exit_policy:',
      `    max_trials: ${this.maxTrials}`,
      '',
    ].join('\n');
  }
}

/** Slots that hold one file. */
export function isSingle(slot: Slot): boolean {
  return slot === 'config' || slot === 'strategy';
}
