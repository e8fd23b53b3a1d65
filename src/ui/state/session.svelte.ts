import type { Warning } from '../../base/fault-codes.ts';
import { Fault } from '../../base/fault.ts';
import type { Tuner } from '../../bridge/tuner.ts';
import type { OpenedInputs, Stage, TuneEvent } from '../../engine/events.ts';
import type { Preprocessing } from '../../history/preprocessing.ts';
import type { SessionDatabase, SessionFiles } from '../../history/session-database.ts';
import type { Goal, SessionRecord } from '../../history/session-record.ts';
import type { TuneReport } from '../../history/tune-report.ts';
import type { Move } from '../../tuning/moves.ts';
import type { Baseline, Trial } from '../../tuning/types.ts';
import { trialWords } from '../trial-words.ts';
import type { Announcer } from './announcer.svelte.ts';

/** `stopped`: ended by the user, can be resumed. `failed`: ended by a fault, can be resumed once it is mended. */
export type Phase = 'running' | 'paused' | 'stopping' | 'stopped' | 'failed' | 'finished';

export interface StepProgress {
  readonly detail: string;
  /** 0 … 1. */
  readonly share: number;
  readonly secondsLeft: readonly [least: number, most: number] | null;
}

interface Surroundings {
  readonly tuner: Tuner;
  readonly database: SessionDatabase;
  readonly announcer: Announcer;
}

/** What can be had from a session that has ended: the sensitivity of its ops, or one more trial. */
export type AfterWish = 'sensitivity' | Move;

/** A soft stop that takes longer than this is followed by a hard one, so that a second is enough in any case. */
const SOFT_STOP_MS = 850;

/** One tuning session as the page follows it. */
export class SessionState {
  readonly id: string;
  readonly name: string;
  readonly #around: Surroundings;
  #phase = $state<Phase>('running');
  #stage = $state<Stage>('reading');
  #step = $state.raw<StepProgress>({ detail: 'Starting', share: 0, secondsLeft: null });
  #opened = $state.raw<OpenedInputs | null>(null);
  #preprocessing = $state.raw<Preprocessing | null>(null);
  #baseline = $state.raw<Baseline | null>(null);
  #goal = $state.raw<Goal | null>(null);
  #trials = $state.raw<readonly Trial[]>([]);
  #warnings = $state.raw<readonly Warning[]>([]);
  #report = $state.raw<TuneReport | null>(null);
  #hardStop: ReturnType<typeof setTimeout> | undefined;

  constructor(id: string, name: string, around: Surroundings) {
    this.id = id;
    this.name = name;
    this.#around = around;
  }

  get phase(): Phase {
    return this.#phase;
  }
  get stage(): Stage {
    return this.#stage;
  }
  get step(): StepProgress {
    return this.#step;
  }
  get opened(): OpenedInputs | null {
    return this.#opened;
  }
  /** What is done to the samples; null where the configuration says it, and until it is known. */
  get preprocessing(): Preprocessing | null {
    return this.#preprocessing;
  }
  get baseline(): Baseline | null {
    return this.#baseline;
  }
  get goal(): Goal | null {
    return this.#goal;
  }
  get trials(): readonly Trial[] {
    return this.#trials;
  }
  get warnings(): readonly Warning[] {
    return this.#warnings;
  }
  get report(): TuneReport | null {
    return this.#report;
  }
  get active(): boolean {
    return this.#phase === 'running' || this.#phase === 'paused' || this.#phase === 'stopping';
  }

  /** Shows what is known of a session before it is run again. */
  recall({ header, baseline, trials }: SessionRecord): void {
    this.#goal = header.goal;
    this.#preprocessing = header.preprocessing ?? null;
    this.#baseline = baseline?.baseline ?? null;
    this.#trials = trials;
  }

  /** Shows an unfinished session without running it. */
  browse(record: SessionRecord): void {
    this.recall(record);
    this.#phase = 'stopped';
  }

  /** Shows a finished session as it was stored. */
  show(report: TuneReport): void {
    this.recall(report.record);
    this.#report = report;
    this.#phase = 'finished';
  }

  /** Runs or continues the session to its end. Rejects with the fault that ended it, unless the user did. */
  run(files: SessionFiles, sigoptToken: string | null = null): Promise<void> {
    const { tuner } = this.#around;
    const secret = sigoptToken === null ? {} : { sigoptToken };
    this.#report = null;
    return this.#follow((onEvents) => tuner.tune({ sessionId: this.id, ...files, ...secret }, onEvents));
  }

  /** Does what is wanted after the search. Where it fails or is stopped the session is shown as it was. */
  async runAfter(files: SessionFiles, wish: AfterWish): Promise<void> {
    const { announcer, tuner } = this.#around;
    const request = { sessionId: this.id, ...files };
    const before = this.#trials.length;
    const act = (onEvents: (events: readonly TuneEvent[]) => void): Promise<TuneReport> =>
      wish === 'sensitivity' ? tuner.measureSensitivity(request, onEvents) : tuner.tryMove(request, wish, onEvents);
    try {
      await this.#follow(act);
    } finally {
      if (this.#report) this.#phase = 'finished';
    }
    if (wish !== 'sensitivity' && this.#report && this.#report.record.trials.length === before)
      announcer.say('That model has been tried before; no trial was added.');
  }

  async #follow(act: (onEvents: (events: readonly TuneEvent[]) => void) => Promise<TuneReport>): Promise<void> {
    const { announcer, database } = this.#around;
    this.#phase = 'running';
    this.#warnings = [];
    this.#step = { detail: 'Starting', share: 0, secondsLeft: null };
    try {
      const report = await act((events) => this.#take(events));
      const stopped = report.record.outcome?.stopReason === 'stopped';
      if (!stopped) await database.saveReport(this.id, report);
      this.#report = report;
      this.#phase = stopped ? 'stopped' : 'finished';
      announcer.say(report.explanation);
    } catch (thrown) {
      const fault = Fault.from(thrown);
      this.#phase = fault.code === 'cancelled' ? 'stopped' : 'failed';
      if (fault.code !== 'cancelled') throw fault;
      announcer.say(
        this.#report
          ? 'Stopped. The session is as it was.'
          : 'Stopped. Finished trials are kept; the session can be resumed.',
      );
    } finally {
      clearTimeout(this.#hardStop);
    }
  }

  async pause(): Promise<void> {
    this.#phase = 'paused';
    this.#around.announcer.say('Paused');
    await this.#around.tuner.pause();
  }

  async resume(): Promise<void> {
    this.#phase = 'running';
    this.#around.announcer.say('Resumed');
    await this.#around.tuner.resume();
  }

  /** Ends the run at its next step, within a second in any case. */
  stop(): void {
    if (this.#phase === 'stopping') return;
    this.#phase = 'stopping';
    this.#around.announcer.say('Stopping');
    this.#hardStop = setTimeout(() => this.#around.tuner.terminate(), SOFT_STOP_MS);
    // A rejection means that the run has ended already.
    this.#around.tuner.stop().catch(() => undefined);
  }

  /** Ends the run at once; what was journalled stays. */
  abandon(): void {
    if (this.active) this.#around.tuner.terminate();
  }

  #take(events: readonly TuneEvent[]): void {
    let words: string | null = null;
    for (const event of events) words = this.#apply(event) ?? words;
    if (words !== null) this.#around.announcer.say(words);
  }

  /** Returns what is worth saying aloud. */
  #apply(event: TuneEvent): string | null {
    switch (event.type) {
      case 'stage':
        this.#stage = event.stage;
        this.#step = { detail: event.detail, share: 0, secondsLeft: null };
        return event.detail;
      case 'progress':
        this.#step = event;
        return null;
      case 'opened':
        this.#opened = event.opened;
        return null;
      case 'preprocessing':
        this.#preprocessing = event.preprocessing;
        return null;
      case 'baseline':
        this.#baseline = event.baseline;
        this.#goal = event.goal;
        return null;
      case 'warning':
        this.#warnings = [...this.#warnings, event.warning];
        return null;
      case 'trial':
        this.#add(event.trial);
        return trialWords(event.trial, this.#goal, this.#baseline);
    }
  }

  /** A resumed session tells its earlier trials again. */
  #add(trial: Trial): void {
    if (this.#trials.some(({ number }) => number === trial.number)) return;
    this.#trials = [...this.#trials, trial].sort((a, b) => a.number - b.number);
  }
}
