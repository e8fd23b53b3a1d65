import type { ArrayChoice } from '../../base/array-choice.ts';
import type { SourceFile } from '../../base/source-file.ts';
import type { Tuner } from '../../bridge/tuner.ts';
import type { Preprocessing } from '../../history/preprocessing.ts';
import type { SessionDatabase, SessionFiles, SessionSummary } from '../../history/session-database.ts';
import type { SessionRecord } from '../../history/session-record.ts';
import { counted } from '../format.ts';
import { missingFiles, slotsOf } from '../session-slots.ts';
import { placedWords } from '../slot-labels.ts';
import type { Slots } from '../sort-files.ts';
import type { Announcer } from './announcer.svelte.ts';
import { PAGE_SETTINGS, type FilesState } from './files.svelte.ts';
import type { PreviewState } from './preview.svelte.ts';
import { filesMissing, gone } from './session-faults.ts';
import type { Tokens } from './tokens.svelte.ts';

/** Files, and what is known of the samples in them. */
interface KnownSlots {
  readonly slots: Slots;
  readonly preprocessing?: Preprocessing | undefined;
  readonly arrays?: ArrayChoice | undefined;
}

/** Where the files in the slots come from. */
export interface Origin {
  readonly session: string;
  /** Names of files that the session did not bring along. */
  readonly missing: readonly string[];
  /** What was in the slots before; null where they were empty. */
  readonly before: KnownSlots | null;
}

interface Parts {
  readonly slots: FilesState;
  readonly preview: PreviewState;
  readonly tokens: Tokens;
  readonly tuner: Tuner;
  readonly database: SessionDatabase;
  readonly announcer: Announcer;
}

/** Files on their way from the slots into a session, and from a session back into the slots. Actions throw faults. */
export class SessionFilesState {
  readonly #slots: FilesState;
  readonly #preview: PreviewState;
  readonly #tokens: Tokens;
  readonly #tuner: Tuner;
  readonly #database: SessionDatabase;
  readonly #announcer: Announcer;
  #origin = $state.raw<Origin | null>(null);
  /** What an earlier session did to the samples in the slots. */
  #known: KnownSlots | null = null;

  constructor({ slots, preview, tokens, tuner, database, announcer }: Parts) {
    this.#slots = slots;
    this.#preview = preview;
    this.#tokens = tokens;
    this.#tuner = tuner;
    this.#database = database;
    this.#announcer = announcer;
  }

  /** Null where the files were not taken from a session. */
  get origin(): Origin | null {
    return this.#origin;
  }

  /** Empties the slots. */
  clear(): void {
    this.#slots.clear();
    this.#origin = null;
  }

  /** Puts dropped files into their slots. */
  place(files: readonly SourceFile[]): void {
    if (files.length === 0) return;
    const aside = this.#slots.drop(files);
    const words = placedWords(this.#slots.slots, files) || counted(files.length - aside.length, 'file') + ' added';
    this.#announcer.say(aside.length === 0 ? words : `${words}, put aside: ${aside.join(', ')}`);
  }

  /** What is in the slots, with what the preview has found and the user has chosen. */
  async given(): Promise<SessionFiles> {
    const { preprocessing, chosenArrays: arrays } = this.#preview;
    const found = { ...(preprocessing && { preprocessing }), ...(arrays && { arrays }) };
    return { ...(await this.#slots.sessionFiles()), ...found };
  }

  /** Shows what the next session would do with these files; nothing is shown before there are a model and data. */
  async refreshPreview({
    model,
    calibration,
    evaluation,
  }: Pick<Slots, 'model' | 'calibration' | 'evaluation'>): Promise<void> {
    if (model.length === 0 || evaluation.length === 0) return this.#preview.show(null);
    const { config } = await this.#slots.sessionFiles();
    const { slots, preprocessing, arrays } = this.#known ?? {};
    const isKnown = slots?.model === model && slots.calibration === calibration && slots.evaluation === evaluation;
    this.#preview.show(
      { model, calibration, evaluation, ...(config && { config }) },
      isKnown ? { preprocessing, arrays } : {},
    );
  }

  /**
   * Hands over the files of a session; of an imported one those in the slots, under its own settings unless others are given. What
   * the journal refuses is not kept: the right files may be given next. Null where the session is gone.
   */
  async of<T>(
    session: Pick<SessionSummary, 'id' | 'name'>,
    use: (files: SessionFiles) => Promise<T>,
  ): Promise<T | null> {
    const database = this.#database;
    const stored = await database.files(session.id);
    if (!stored) return null;
    if (stored.model.length > 0) return use(stored);
    if (!this.#slots.ready) throw filesMissing(session.name);
    const given = await this.given();
    const record = this.#slots.slots.config.length > 0 ? null : await database.record(session.id);
    const config = record && (await this.#settingsOf(record));
    const files = await this.#tokens.takenOut(session.id, { ...given, ...(config && { config }) });
    await database.setFiles(session.id, files);
    try {
      return await use(files);
    } catch (thrown) {
      await database.setFiles(session.id, stored);
      throw thrown;
    }
  }

  /** An imported session has its settings in its journal alone. */
  async #settingsOf({ header }: SessionRecord): Promise<NonNullable<SessionFiles['config']>> {
    return { text: await this.#tuner.configText(header.settings), fileName: PAGE_SETTINGS };
  }

  /** Puts what a session was started with into the slots, to be changed and started anew. */
  async duplicate({ id, name }: SessionSummary): Promise<void> {
    const database = this.#database;
    const [stored, record] = [await database.files(id), await database.record(id)];
    if (!stored) throw gone(name);
    const config = stored.config ?? (record && (await this.#settingsOf(record)));
    const slots = slotsOf({ ...stored, ...(config && { config }) }, PAGE_SETTINGS);
    const preprocessing = record?.header.preprocessing ?? stored.preprocessing;
    const isEmpty = Object.values(this.#slots.slots).every((files) => files.length === 0);
    this.#origin = {
      session: name,
      missing: record ? missingFiles(record.header, slots) : [],
      before: isEmpty ? null : { slots: this.#slots.slots, arrays: this.#preview.chosenArrays ?? undefined },
    };
    this.#known = { slots, preprocessing, arrays: stored.arrays };
    this.#slots.replace(slots);
    const { missing } = this.#origin;
    const lack = missing.length > 0 ? ` Add ${missing.join(', ')}: the session came without.` : '';
    this.#announcer.say(`Files and settings of ${name} are in place for a new session.${lack}`);
  }

  /** Undoes the last duplication. */
  takeBack(before: KnownSlots): void {
    this.#known = before;
    this.#slots.replace(before.slots);
    this.#origin = null;
    this.#announcer.say('The files from before are back');
  }
}
