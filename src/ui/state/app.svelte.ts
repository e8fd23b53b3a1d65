import { timestamp } from '../../base/clock.ts';
import { Fault } from '../../base/fault.ts';
import type { SourceFile } from '../../base/source-file.ts';
import { createTuner } from '../../bridge/tuner.ts';
import type { SessionDatabase, SessionFiles, SessionSummary } from '../../history/session-database.ts';
import type { SessionExport } from '../../history/session-export.ts';
import { isShareHash, readShareHash } from '../../history/share-link.ts';
import type { SharedResult } from '../../history/shared-result.ts';
import { demoFiles } from '../demo.ts';
import type { Forecast } from '../../history/forecast.ts';
import type { OpValues } from '../../history/op-values.ts';
import type { Move } from '../../tuning/moves.ts';
import type { OutlineKey } from '../../tuning/config/outline.ts';
import type { Preset } from '../../tuning/presets/preset.ts';
import type { ConfigReading, StrategyChoice } from '../../engine/tuner-api.ts';
import { findDocument, type OctetDocument } from '../find-document.ts';
import { modelStem } from '../format.ts';
import { isArchive, type Slot } from '../sort-files.ts';
import { Announcer } from './announcer.svelte.ts';
import { FilesState } from './files.svelte.ts';
import { Keeping } from './keeping.svelte.ts';
import { PreviewState } from './preview.svelte.ts';
import { ReplayState } from './replay.svelte.ts';
import { SessionFilesState } from './session-files.svelte.ts';
import { SessionState, type AfterWish } from './session.svelte.ts';
import { busy, elsewhere, filesMissing, notBegun } from './session-faults.ts';
import { StoredSessions } from './stored-sessions.svelte.ts';
import { Tokens } from './tokens.svelte.ts';

export type View =
  | { readonly kind: 'start' }
  | { readonly kind: 'session'; readonly session: SessionState }
  | { readonly kind: 'replay'; readonly replay: ReplayState };

/** What the page shows, and every action that a user can take. */
export class AppState {
  readonly files = new FilesState();
  readonly announcer = new Announcer();
  readonly keeping = new Keeping(() => void this.act(() => this.stored.refresh()));
  readonly #tuner = createTuner(this.keeping.memory);
  readonly preview = new PreviewState(this.#tuner, this.announcer);
  readonly tokens = new Tokens(this.#tuner, this.announcer);
  readonly #database = this.keeping.database;
  readonly sessionFiles = new SessionFilesState({
    slots: this.files,
    preview: this.preview,
    tokens: this.tokens,
    tuner: this.#tuner,
    database: this.#database,
    announcer: this.announcer,
  });
  readonly stored = new StoredSessions(this.#database, this.announcer, (thrown) => this.fail(thrown));
  #view = $state.raw<View>({ kind: 'start' });
  #fault = $state.raw<Fault | null>(null);
  #strategies = $state.raw<readonly StrategyChoice[]>([]);
  #presets = $state.raw<readonly Preset[]>([]);
  #holdsWhatIf = false;

  get view(): View {
    return this.#view;
  }
  get fault(): Fault | null {
    return this.#fault;
  }
  get strategies(): readonly StrategyChoice[] {
    return this.#strategies;
  }
  get presets(): readonly Preset[] {
    return this.#presets;
  }

  /** Reads the address and the stored sessions. */
  open(hash: string): Promise<void> {
    return this.act(async () => {
      Promise.all([this.#tuner.strategies(), this.#tuner.presets()]).then(
        ([strategies, presets]) => {
          this.#strategies = strategies;
          this.#presets = presets;
        },
        (thrown) => this.fail(thrown),
      );
      await this.stored.refresh();
      await this.#openHash(hash);
    });
  }

  openHash(hash: string): Promise<void> {
    return this.act(() => this.#openHash(hash));
  }

  /** Shows what went wrong outside an action. */
  fail(thrown: unknown): void {
    this.#fault = Fault.from(thrown);
    this.announcer.say(this.#fault.details.message);
  }

  dismissFault(): void {
    this.#fault = null;
  }

  /** Back to the start, with empty slots; a running session ends and can be resumed from the list. */
  newSession(): Promise<void> {
    return this.act(async () => {
      this.#leave();
      this.sessionFiles.clear();
      this.announcer.say('Ready for a new session');
      await this.stored.refresh();
    });
  }

  /** Takes whatever was dropped: each file goes to its slot, a document of Octet's own opens, and a model goes to the recipe in view. */
  drop(dropped: readonly SourceFile[]): Promise<void> {
    return this.act(async () => {
      if (dropped.length === 0) return;
      if (this.#view.kind === 'session' && this.#view.session.active) throw busy();
      await this.#take(dropped.some(isArchive) ? await this.#tuner.unpack(dropped) : dropped);
    });
  }

  async #take(files: readonly SourceFile[]): Promise<void> {
    const found = await findDocument(files);
    const others = files.filter((file) => file !== found?.file);
    if (found) await this.#open(found);
    else if (this.#view.kind === 'session') await this.#backToStart();
    this.sessionFiles.place(others);
    if (this.#view.kind === 'replay') await this.#view.replay.take(this.files.slots.model);
  }

  /** Puts chosen files into a slot; an archive in that of the model is taken apart as a dropped one is, unless it holds data alone. */
  choose(slot: Slot, chosen: readonly SourceFile[]): Promise<void> {
    return this.act(async () => {
      const files = slot === 'model' && chosen.some(isArchive) ? await this.#tuner.unpack(chosen) : chosen;
      const isWhole = files.length === chosen.length && files.every(({ path }, i) => path === chosen[i]?.path);
      if (isWhole) this.files.choose(slot, chosen);
      else await this.#take(files);
    });
  }

  /** Gives the recipe in view the file that the user takes for its model. */
  rebuildFrom(replay: ReplayState, model: readonly SourceFile[]): Promise<void> {
    return this.act(() => replay.take(model));
  }

  async #open(found: OctetDocument): Promise<void> {
    if (found.kind === 'shared') return this.#showShared(found.shared);
    if (found.kind === 'session') return this.#import(found.exported);
    if (this.#view.kind === 'replay') return this.#view.replay.takeRecipe(found.recipe);
    this.#view = { kind: 'replay', replay: new ReplayState({ recipe: found.recipe }, this.#tuner, this.announcer) };
    this.announcer.say(`A recipe for ${found.recipe.model.name}`);
  }

  /** From a recipe or a shared result to the files that were dropped with it. */
  toFiles(): void {
    this.#fault = null;
    this.#leave();
  }

  tryDemo(): Promise<void> {
    return this.act(async () => {
      this.announcer.say('Loading the demo');
      await this.#start(await demoFiles());
    });
  }

  readConfig(text: string): Promise<ConfigReading> {
    const fileName = this.files.slots.config[0]?.path ?? 'tune-config.yaml';
    return this.#tuner.readConfig({ text, fileName });
  }

  configOutline(): Promise<readonly OutlineKey[]> {
    return this.#tuner.configOutline();
  }

  start(): Promise<void> {
    return this.act(async () => this.#start(await this.sessionFiles.given()));
  }

  /** Continues the session in view after a stop or a fault. */
  continueSession(session: SessionState): Promise<void> {
    return this.act(() => this.#continue(session));
  }

  /** Measures sensitivity, or adds a trial with ops in float, in a session that has ended. */
  after(session: SessionState, wish: AfterWish): Promise<void> {
    return this.act(async () => {
      await this.sessionFiles.of(session, (files) => this.#locked(session, () => session.runAfter(files, wish)));
    });
  }

  /** What a move would come to; null where that cannot be told. */
  async forecast(session: SessionState, move: Move): Promise<Forecast | null> {
    let found: Forecast | null = null;
    await this.act(async () => {
      this.#holdsWhatIf = true;
      found = await this.sessionFiles.of(session, (files) =>
        this.#tuner.forecast({ sessionId: session.id, ...files }, move),
      );
    });
    return found;
  }

  /** Values that an op works on. Rejects with a fault, to be shown in place: the user did no more than look at an op. */
  async opValues(session: SessionState, op: string): Promise<OpValues> {
    this.#holdsWhatIf = true;
    const found = await this.sessionFiles.of(session, (files) =>
      this.#tuner.opValues({ sessionId: session.id, ...files }, op),
    );
    if (!found) throw filesMissing(session.name);
    return found;
  }

  async #continue(session: SessionState): Promise<void> {
    await this.sessionFiles.of(session, async (files) => {
      if (await this.tokens.isSettled(session.id, files)) await this.#run(session, files);
    });
  }

  /** Shows a stored session; an unfinished one goes on. */
  openSession({ id, name }: SessionSummary): Promise<void> {
    return this.act(async () => {
      const database = this.#database;
      const report = await database.report(id);
      const files = report ? null : await database.files(id);
      if (files && !(await this.tokens.isSettled(id, files))) return;
      const session = this.#sessionState(id, name, database);
      if (report) session.show(report);
      const record = report?.record ?? (await database.record(id));
      if (record) session.recall(record);
      this.#view = { kind: 'session', session };
      if (!report) await this.#continue(session);
    });
  }

  /** Shows a stored session as far as it went, without running it. */
  viewSession({ id, name }: SessionSummary): Promise<void> {
    return this.act(async () => {
      const database = this.#database;
      const record = await database.record(id);
      if (!record) throw notBegun(name);
      const session = this.#sessionState(id, name, database);
      session.browse(record);
      this.#view = { kind: 'session', session };
    });
  }

  /** Puts what a session was started with into the slots, to be changed and started anew. */
  duplicateSession(session: SessionSummary): Promise<void> {
    return this.act(() => this.sessionFiles.duplicate(session));
  }

  /** A session that runs, here or in another tab, is not deleted. */
  deleteSession(session: SessionSummary): Promise<void> {
    return this.act(() => this.#locked(session, () => this.stored.delete(session)));
  }

  async #start(given: SessionFiles): Promise<void> {
    const database = this.#database;
    const id = crypto.randomUUID();
    const files = await this.tokens.takenOut(id, given);
    if (!(await this.tokens.isSettled(id, files))) return;
    const name = modelStem(files.model.find(({ path }) => /\.onnx$/i.test(path))?.path ?? files.model[0]?.path ?? '');
    await database.create(id, name, timestamp(), files);
    // A question of the browser's own holds nothing up.
    if (this.stored.all.length === 0) void this.stored.storage.askToPersist();
    const session = this.#sessionState(id, name, database);
    this.#view = { kind: 'session', session };
    try {
      await this.#run(session, files);
    } catch (fault) {
      // Refused before anything was measured: there is nothing to resume, and the files are still in their slots.
      if (session.baseline === null) {
        await database.remove(id);
        if (this.#isShown(session)) await this.#backToStart();
      }
      throw fault;
    }
  }

  #run(session: SessionState, files: SessionFiles): Promise<void> {
    return this.#locked(session, () => session.run(files, this.tokens.of(session.id)));
  }

  /** One tab runs a session at a time; the lock goes with the tab. */
  async #locked(session: Pick<SessionState, 'id' | 'name'>, act: () => Promise<void>): Promise<void> {
    // What is in this tab's memory no other can run; and a browser that keeps nothing has no locks either.
    if (await this.keeping.memory.has(session.id)) return act();
    await navigator.locks.request(`octet-session-${session.id}`, { ifAvailable: true }, async (lock) => {
      if (!lock) {
        await this.#backToStart();
        throw elsewhere(session.name);
      }
      await act();
    });
  }

  async #import(exported: SessionExport): Promise<void> {
    await this.#database.import(crypto.randomUUID(), exported);
    await this.#backToStart();
    this.announcer.say(`Imported ${exported.name}`);
  }

  #sessionState(id: string, name: string, database: SessionDatabase): SessionState {
    return new SessionState(id, name, { tuner: this.#tuner, database, announcer: this.announcer });
  }

  #isShown(session: SessionState): boolean {
    return this.#view.kind === 'session' && this.#view.session === session;
  }

  async #openHash(hash: string): Promise<void> {
    if (!isShareHash(hash)) return;
    this.#showShared(await readShareHash(hash));
    // Leaving an earlier one has taken it out of the address.
    history.replaceState(null, '', hash);
  }

  #showShared(shared: SharedResult): void {
    this.#leave();
    this.#view = { kind: 'replay', replay: new ReplayState({ shared }, this.#tuner, this.announcer) };
    this.announcer.say(`Shared result: ${shared.explanation}`);
  }

  #leave(): void {
    this.tokens.withdraw();
    if (this.#view.kind === 'session') {
      this.#view.session.abandon();
      // Only memory is at stake.
      if (this.#holdsWhatIf) this.#tuner.endWhatIf().catch(() => undefined);
      this.#holdsWhatIf = false;
    }
    if (this.#view.kind === 'replay') history.replaceState(null, '', location.pathname + location.search);
    this.#view = { kind: 'start' };
  }

  async #backToStart(): Promise<void> {
    this.#view = { kind: 'start' };
    await this.stored.refresh();
  }

  /** Does what a user asks for, and shows the fault that it ends with. */
  async act(action: () => Promise<void>): Promise<void> {
    this.#fault = null;
    try {
      await action();
    } catch (thrown) {
      this.fail(thrown);
    }
  }
}
