import type { SourceFile } from '../../base/source-file.ts';
import type { SessionFiles } from '../../history/session-database.ts';
import { baseName } from '../format.ts';
import { EMPTY_SLOTS, sortFiles, type FileGroup, type Slot, type Slots } from '../sort-files.ts';

/** The files that the next session will be started with. */
export class FilesState {
  #slots = $state.raw<Slots>(EMPTY_SLOTS);
  /** Allowed loss in percent of the float score, and most trials: used where no configuration file is given. */
  lossPercent = $state(1);
  maxTrials = $state(100);

  get slots(): Slots {
    return this.#slots;
  }

  get ready(): boolean {
    return this.#slots.model.length > 0 && this.#slots.evaluation.length > 0;
  }

  /** What is still missing, in words; null when a session can start. */
  get missing(): string | null {
    const { model, evaluation } = this.#slots;
    if (model.length === 0 && evaluation.length === 0) return 'Add a model and evaluation data to start.';
    if (model.length === 0) return 'Add a model to start.';
    return evaluation.length === 0 ? 'Add evaluation data to start.' : null;
  }

  /** Returns the names of files that are neither model, data nor configuration. */
  drop(files: readonly SourceFile[]): readonly string[] {
    const { slots, aside } = sortFiles(this.#slots, files);
    this.#slots = slots;
    return aside;
  }

  choose(slot: Slot, files: readonly SourceFile[]): void {
    if (files.length > 0) this.#slots = { ...this.#slots, [slot]: slot === 'config' ? files.slice(-1) : files };
  }

  remove(slot: Slot, { files }: FileGroup): void {
    this.#slots = { ...this.#slots, [slot]: this.#slots[slot].filter((file) => !files.includes(file)) };
  }

  move(from: Slot, group: FileGroup, to: Slot): void {
    this.remove(from, group);
    const have = to === 'config' ? [] : this.#slots[to];
    this.#slots = { ...this.#slots, [to]: [...have, ...group.files] };
  }

  clear(): void {
    this.#slots = EMPTY_SLOTS;
  }

  async sessionFiles(): Promise<SessionFiles> {
    const { model, calibration, evaluation, holdOut, config } = this.#slots;
    const [file] = config;
    const settings = file
      ? { text: await file.blob.text(), fileName: baseName(file.path) }
      : { text: this.#formText(), fileName: 'settings of the page' };
    return { model, calibration, evaluation, holdOut, config: settings };
  }

  #formText(): string {
    return [
      'tuning:',
      '  accuracy_criterion:',
      `    relative: ${this.lossPercent / 100}`,
      '  exit_policy:',
      `    max_trials: ${this.maxTrials}`,
      '',
    ].join('\n');
  }
}
