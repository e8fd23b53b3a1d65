import type { Json } from '../base/canonical-json.ts';
import type { Clock } from '../base/clock.ts';
import { Fault } from '../base/fault.ts';
import type { Warning } from '../base/fault-codes.ts';
import { createRng } from '../base/rng.ts';
import { configText } from './canonical.ts';
import { isCompact } from './compact.ts';
import type { TuneSettings } from './config/settings.ts';
import { better } from './criterion.ts';
import type { TrialJournal } from './journal.ts';
import { isNotSlower, judge, wantsSpeed } from './judge.ts';
import type { Verdict } from './judge.ts';
import { forcedRecipes } from './recipes.ts';
import { runTrial } from './run-trial.ts';
import { Stopwatch } from './stopwatch.ts';
import type { BuiltModel, TrialRunner } from './trial-runner.ts';
import type {
  AccuracyCriterion,
  Baseline,
  Costs,
  Probes,
  Proposal,
  ServiceAccess,
  StopReason,
  StrategyContext,
  Trial,
  TuneStrategy,
  TuningSpace,
} from './types.ts';

export interface DriveOptions<Model extends BuiltModel = BuiltModel> {
  readonly space: TuningSpace;
  readonly strategy: TuneStrategy;
  readonly settings: TuneSettings;
  readonly criterion: AccuracyCriterion;
  readonly baseline: Baseline;
  readonly runner: TrialRunner<Model>;
  readonly probes: Probes;
  readonly costs: Costs | null;
  readonly service?: ServiceAccess | null;
  recall<T extends Json>(key: string, make: () => Promise<T>): Promise<T>;
  readonly journal: TrialJournal;
  readonly clock: Clock;
  /** Aborted: the run ends at the next step, with what it has. */
  readonly signal: AbortSignal;
  /** Resolves at once unless the user pauses; then when he goes on. Paused time does not count. */
  waitIfPaused?(): Promise<void>;
  /** Told before a config that is not known yet is run, with the number that its trial will have. */
  onProposal?(proposal: Proposal, number: number): void;
  /** Every trial once, in order; `replayed` where it comes from the journal. Duplicates are not told. */
  onTrial?(trial: Trial, replayed: boolean): void;
  onWarning?(warning: Warning): void;
}

export interface DriveResult extends Verdict {
  readonly stopReason: StopReason;
  /** Why the search ended, whatever is recommended. */
  readonly ended: StopReason;
  /** Why the strategy ended by itself, in its own words; null where it did not say. */
  readonly conclusion: string | null;
  readonly trials: readonly Trial[];
  /** Spent in all sessions, the baseline included, pauses not. */
  readonly seconds: number;
}

/** Strategies may repeat themselves at no cost, but not for ever. */
const MAX_DUPLICATES_IN_A_ROW = 1000;

/**
 * Runs a strategy to its end. Trial 0 is the compact model: float compute, compact weights; where 8 bits hurt, a second
 * compact model stores them in float16. Duplicates (same canonical
 * config, or same model bytes) hand back the earlier trial's result and cost nothing; trials in the journal are handed
 * back without being run; every other trial is in the journal before anything else happens. Throws `journal-mismatch`
 * where the journal holds another sequence, and faults that end a run (`cancelled` without a stop, `worker-start-failed`).
 */
export function drive<Model extends BuiltModel>(options: DriveOptions<Model>): Promise<DriveResult> {
  return new Run(options).toEnd();
}

class Run<Model extends BuiltModel> {
  readonly #options: DriveOptions<Model>;
  readonly #stopwatch: Stopwatch;
  readonly #maxTrials: number;
  /** By canonical text: trials of this run, under every config that led to them. */
  readonly #known = new Map<string, Trial>();
  readonly #bySha256 = new Map<string, Trial>();
  readonly #trials: Trial[] = [];
  /** By canonical text: trials of earlier sessions that no config has led to yet. */
  #recorded = new Map<string, Trial>();
  #duplicatesInARow = 0;
  /** Number of the strategy's first trial; null while the compact models before it are tried. */
  #searchStart: number | null = null;
  #stopReason: StopReason | null = null;
  #conclusion: string | null = null;

  constructor(options: DriveOptions<Model>) {
    const { exitPolicy } = options.settings.tuning;
    this.#options = options;
    this.#stopwatch = new Stopwatch(options.clock, options.baseline.seconds);
    this.#maxTrials = exitPolicy.performanceOnly ? 1 : exitPolicy.maxTrials;
  }

  async toEnd(): Promise<DriveResult> {
    const recorded = await this.#options.journal.trials();
    this.#recorded = new Map(recorded.map((trial) => [configText(trial.config), trial]));
    try {
      await this.#search();
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'cancelled' && this.#options.signal.aborted)) throw error;
      this.#stopReason = 'stopped';
    }
    const { baseline, criterion, settings } = this.#options;
    const verdict = judge(this.#trials, { baseline, criterion, tuning: settings.tuning });
    const ended = this.#stopReason ?? 'space-exhausted';
    const stopReason = verdict.recommendsFloat && ended !== 'stopped' ? 'float-recommended' : ended;
    const conclusion = this.#stopReason === null ? this.#conclusion : null;
    return { ...verdict, stopReason, ended, conclusion, trials: this.#trials, seconds: this.#stopwatch.seconds() };
  }

  async #search(): Promise<void> {
    const { strategy, space } = this.#options;
    const compact = {
      config: { ops: {}, weightStorage: space.weightStorage, samplingSize: 0 },
      stage: 'weight storage',
    };
    const trial0 = await this.#answer(compact);
    if (trial0 === null || this.#stopReason !== null) return;
    if (!trial0.met && space.weightStorage === 'auto') {
      const wider = {
        config: { ...compact.config, weightStorage: 'float16' as const },
        stage: 'weight storage, float16',
      };
      if ((await this.#answer(wider)) === null || this.#stopReason !== null) return;
    }
    this.#searchStart = this.#trials.length;
    const steps = strategy.propose(this.#context(trial0));
    try {
      let step = await steps.next();
      while (step.done !== true) {
        const answers = await this.#answerAll(step.value);
        if (answers === null) return;
        step = await steps.next(answers);
      }
    } finally {
      await steps.return();
    }
  }

  #context(trial0: Trial): StrategyContext {
    const { space, baseline, criterion, settings, probes, costs, recall, onWarning } = this.#options;
    return {
      space,
      baseline,
      criterion,
      probes: {
        output: (config, samples) => probes.output({ ...forcedRecipes(space), ...config }, samples),
        divergence: (config, samples) => probes.divergence({ ...forcedRecipes(space), ...config }, samples),
        ops: (config, samples) => probes.ops({ ...forcedRecipes(space), ...config }, samples),
      },
      service: this.#options.service ?? null,
      trials: () => this.#trials,
      recall,
      costs,
      objectives: settings.tuning.multiObjectives?.objective ?? [settings.tuning.objective],
      trial0,
      rng: createRng(settings.tuning.randomSeed),
      maxTrials: this.#maxTrials,
      better: (a, b) => better(a, b, criterion.higherIsBetter),
      options: settings.tuning.strategy.options,
      warn: (warning) => onWarning?.(warning),
      conclude: (reason) => (this.#conclusion = reason),
    };
  }

  /** Null where the run stops. */
  async #answerAll(proposals: readonly Proposal[]): Promise<Trial[] | null> {
    const answers: Trial[] = [];
    for (const proposal of proposals) {
      const answer = await this.#answer(proposal);
      if (answer === null || this.#stopReason !== null) return null;
      answers.push(answer);
    }
    if (proposals.length === 0) this.#countDuplicate();
    return this.#stopReason === null ? answers : null;
  }

  async #answer(proposed: Proposal): Promise<Trial | null> {
    const proposal = { ...proposed, config: { ...forcedRecipes(this.#options.space), ...proposed.config } };
    const text = configText(proposal.config);
    const known = this.#known.get(text);
    if (known !== undefined) return this.#duplicate(known, proposal);
    const number = this.#trials.length;
    this.#stopReason = this.#stopBefore();
    if (this.#stopReason !== null) return null;
    const recorded = this.#recorded.get(text);
    if (recorded !== undefined) return this.#replay(recorded, text);
    await this.#breathe();
    this.#options.onProposal?.(proposal, number);
    const { trial, isTwin } = await runTrial(number, proposal, this.#trialSetting());
    if (isTwin) {
      this.#known.set(text, trial);
      return this.#duplicate(trial, proposal);
    }
    await this.#options.journal.append(trial);
    this.#take(trial, text, false);
    return trial;
  }

  #trialSetting(): Parameters<typeof runTrial<Model>>[2] {
    const { runner, baseline, criterion, signal } = this.#options;
    return {
      runner,
      baseline,
      criterion,
      signal,
      stopwatch: this.#stopwatch,
      breathe: () => this.#breathe(),
      twin: (modelSha256) => this.#bySha256.get(modelSha256),
    };
  }

  async #breathe(): Promise<void> {
    const { signal, waitIfPaused } = this.#options;
    if (waitIfPaused !== undefined) await this.#stopwatch.pauseFor(() => waitIfPaused());
    if (signal.aborted) throw new Fault('cancelled', { message: 'The tuning was stopped.' });
  }

  #duplicate(earlier: Trial, { config, stage }: Proposal): Trial {
    this.#countDuplicate();
    return { ...earlier, config, stage };
  }

  #countDuplicate(): void {
    this.#duplicatesInARow++;
    if (this.#duplicatesInARow >= MAX_DUPLICATES_IN_A_ROW) this.#stopReason = 'space-exhausted';
  }

  #replay(trial: Trial, text: string): Trial {
    if (trial.number !== this.#trials.length) {
      throw new Fault('journal-mismatch', {
        message: 'The journal holds another sequence of trials than this strategy proposes.',
        found: `trial ${trial.number} where ${this.#trials.length} is due`,
        next: 'Start a new session.',
      });
    }
    this.#recorded.delete(text);
    this.#stopwatch.addEarlier(trial.seconds);
    this.#take(trial, text, true);
    return trial;
  }

  #take(trial: Trial, text: string, replayed: boolean): void {
    const { onTrial, onWarning } = this.#options;
    this.#trials.push(trial);
    this.#known.set(text, trial);
    if (trial.modelSha256 !== null) this.#bySha256.set(trial.modelSha256, trial);
    this.#duplicatesInARow = 0;
    if (trial.status === 'failed') {
      onWarning?.({
        code: 'trial-failed',
        place: `trial ${trial.number}`,
        message: trial.reason ?? 'The trial failed.',
      });
    }
    onTrial?.(trial, replayed);
    this.#stopReason = this.#stopAfter(trial);
  }

  #stopBefore(): StopReason | null {
    if (this.#charged() >= this.#maxTrials) return 'max-trials';
    return this.#stopByUserOrTime();
  }

  #stopAfter(trial: Trial): StopReason | null {
    if (!this.#options.strategy.endsByItself && !isCompact(trial) && this.#ends(trial)) return 'criterion-met';
    if (this.#charged() >= this.#maxTrials) return 'max-trials';
    return this.#stopByUserOrTime();
  }

  /** Trials that count against max_trials: the compact models before the search do not. */
  #charged(): number {
    return this.#searchStart === null ? 0 : this.#trials.length - this.#searchStart;
  }

  #stopByUserOrTime(): StopReason | null {
    const { timeoutSeconds } = this.#options.settings.tuning.exitPolicy;
    if (timeoutSeconds > 0 && this.#stopwatch.seconds() >= timeoutSeconds) return 'timeout';
    return this.#options.signal.aborted ? 'stopped' : null;
  }

  /** A model that is accurate but slower than float does not end a search for speed. */
  #ends(trial: Trial): boolean {
    const { tuning } = this.#options.settings;
    if (tuning.exitPolicy.timeoutSeconds > 0 || trial.status !== 'complete' || !trial.met) return false;
    return !wantsSpeed(tuning) || isNotSlower(trial);
  }
}
