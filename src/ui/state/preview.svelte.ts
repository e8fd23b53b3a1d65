import { Fault } from '../../base/fault.ts';
import type { Tuner } from '../../bridge/tuner.ts';
import type { ArrayChoice, ArrayTable } from '../../base/array-choice.ts';
import type { DataPreview, PreviewRequest } from '../../engine/preview-api.ts';
import {
  transformsYaml,
  withoutSource,
  wordsOf,
  type Preprocessing,
  type TriedPreprocessing,
} from '../../history/preprocessing.ts';
import { chooseArray } from '../choose-array.ts';
import type { Announcer } from './announcer.svelte.ts';

/** What is known of files already. */
interface Known {
  readonly preprocessing?: Preprocessing | undefined;
  readonly arrays?: ArrayChoice | undefined;
}

type Files = Omit<PreviewRequest, 'preprocessing' | 'edited' | 'arrays'>;

/** Files are often added one after the other. */
const DEBOUNCE_MS = 300;

/** What the next session would do with its data, and what the user wants instead. */
export class PreviewState {
  readonly #tuner: Tuner;
  readonly #announcer: Announcer;
  #shown = $state.raw<DataPreview | null>(null);
  #fault = $state.raw<Fault | null>(null);
  #editFault = $state.raw<Fault | null>(null);
  #working = $state(false);
  #share = $state(0);
  #arrays = $state.raw<ArrayTable | null>(null);
  /** By the user; null: names decide. */
  #chosen = $state.raw<ArrayChoice | null>(null);
  #files: Files | null = null;
  /** Words of all preprocessings seen so far: a list whose rows move loses the focus. */
  #order: string[] = [];
  /** Results of an earlier one than this are dropped. */
  #generation = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(tuner: Tuner, announcer: Announcer) {
    this.#tuner = tuner;
    this.#announcer = announcer;
  }

  get shown(): DataPreview | null {
    return this.#shown;
  }
  /** Why the data cannot be shown. */
  get fault(): Fault | null {
    return this.#fault;
  }
  /** What is wrong with the transforms that the user wrote. */
  get editFault(): Fault | null {
    return this.#editFault;
  }
  get working(): boolean {
    return this.#working;
  }
  /** What is in the data, and what it is used for: there even where `fault` says that the two do not fit. */
  get arrays(): ArrayTable | null {
    return this.#arrays;
  }
  /** For the session; null: names decide. */
  get chosenArrays(): ArrayChoice | null {
    return this.#chosen;
  }
  /** 0 … 1 of the search. */
  get share(): number {
    return this.#share;
  }
  /** For the session; null: nothing is known, and it is found then. */
  get preprocessing(): Preprocessing | null {
    return this.#shown?.preprocessing ?? null;
  }

  /** The one in use and those that were tried, in an order that stays. */
  get choices(): readonly TriedPreprocessing[] {
    const now = this.preprocessing;
    const all = now ? [now, ...now.runnersUp] : [];
    return all.toSorted((a, b) => this.#order.indexOf(wordsOf(a)) - this.#order.indexOf(wordsOf(b)));
  }

  /** Begins anew for these files, a moment later; null: there is nothing to show. What was chosen for the same samples stays. */
  show(files: Files | null, { preprocessing, arrays }: Known = {}): void {
    clearTimeout(this.#timer);
    this.#generation++;
    this.#chosen = arrays ?? (files && this.#files && areOfSame(files, this.#files) ? this.#chosen : null);
    this.#files = files;
    this.#order = [];
    this.#shown = null;
    this.#fault = null;
    this.#editFault = null;
    this.#arrays = null;
    this.#working = files !== null;
    this.#share = 0;
    if (files)
      this.#timer = setTimeout(() => void this.#run(files, preprocessing ? { preprocessing } : {}), DEBOUNCE_MS);
  }

  /** Uses one of those that were tried. */
  async choose(words: string): Promise<void> {
    const now = this.preprocessing;
    const chosen = now?.runnersUp.find((tried) => wordsOf(tried) === words);
    if (!now || !chosen || !this.#files) return;
    const others = [now, ...now.runnersUp].filter((tried) => tried !== chosen).map(withoutSource);
    await this.#run(this.#files, { preprocessing: { ...now, ...chosen, source: 'chosen', runnersUp: others } });
  }

  /** Lets an array feed an input, or hold the labels (`input` null); what had it swaps. What was found about the samples before says nothing then. */
  async chooseArray(input: string | null, array: string): Promise<void> {
    if (!this.#files || !this.#arrays) return;
    const { choice, table, words } = chooseArray(this.#arrays, this.#chosen, input, array);
    this.#chosen = choice;
    this.#arrays = table;
    this.#order = [];
    await this.#run(this.#files, {}, words);
  }

  /** Uses transforms as the user wrote them. */
  async edit(text: string, labelShift: number): Promise<void> {
    const now = this.preprocessing;
    if (this.#files) await this.#run(this.#files, { ...(now && { preprocessing: now }), edited: { text, labelShift } });
  }

  /** The transforms in use, for editing. */
  get text(): string {
    return this.preprocessing ? transformsYaml(this.preprocessing) : '';
  }

  #remember(preprocessing: Preprocessing | null): void {
    const words = preprocessing ? [preprocessing, ...preprocessing.runnersUp].map(wordsOf) : [];
    this.#order.push(...words.filter((each) => !this.#order.includes(each)));
  }

  /** `news`: what the user did, to be announced with the outcome. */
  async #run(files: Files, more: Pick<PreviewRequest, 'preprocessing' | 'edited'>, news?: string): Promise<void> {
    const generation = ++this.#generation;
    this.#working = true;
    this.#share = 0;
    const isLate = (): boolean => generation !== this.#generation;
    try {
      const shown = await this.#tuner.preview({ ...this.#asked(files), ...more }, (share) => {
        if (!isLate()) this.#share = share;
      });
      if (isLate()) return;
      this.#remember(shown.preprocessing);
      this.#shown = shown;
      this.#arrays = shown.arrays;
      this.#fault = null;
      this.#editFault = null;
      this.#announcer.say(
        news ??
          (shown.preprocessing ? 'The preview shows what the model will see' : 'The preview of the data is ready'),
      );
    } catch (thrown) {
      const fault = Fault.from(thrown);
      if (isLate() || fault.code === 'cancelled') return;
      if (more.edited) this.#editFault = fault;
      else {
        this.#fault = fault;
        this.#shown = null;
        await this.#listArrays(files, isLate);
      }
      this.#announcer.say([news, fault.details.message].filter(Boolean).join('. '));
    } finally {
      if (!isLate()) this.#working = false;
    }
  }

  #asked(files: Files): PreviewRequest {
    return { ...files, ...(this.#chosen && { arrays: this.#chosen }) };
  }

  /** Where the preview failed: what could be chosen, unless model or data cannot be read at all. */
  async #listArrays(files: Files, isLate: () => boolean): Promise<void> {
    try {
      const arrays = await this.#tuner.listArrays(this.#asked(files));
      if (!isLate()) this.#arrays = arrays;
    } catch {
      // The fault of the preview says what is wrong.
      if (!isLate()) this.#arrays = null;
    }
  }
}

/** Whether the samples are the same and for the same model, whatever else has changed. */
function areOfSame(a: Files, b: Files): boolean {
  const same = (slot: 'model' | 'evaluation'): boolean =>
    a[slot].length === b[slot].length && a[slot].every((file, i) => file === b[slot][i]);
  return same('model') && same('evaluation');
}
