import { Fault } from '../base/fault.ts';
import { configText } from './canonical.ts';
import { drive, type DriveOptions, type DriveResult } from './driver.ts';
import { judge } from './judge.ts';
import { runTrial } from './run-trial.ts';
import { Stopwatch } from './stopwatch.ts';
import type { BuiltModel } from './trial-runner.ts';
import type { Proposal, StopReason, Trial } from './types.ts';

/** How a search that lies whole in the journal came to its end. */
export interface SearchEnd {
  readonly stopReason: StopReason;
  /** Absent in sessions of early versions. */
  readonly search?: { readonly ended: StopReason; readonly conclusion: string | null };
}

/**
 * Runs or continues the search, or, where it has ended, only what the user asks for after it: the strategy is not asked again, so
 * that trials by hand are in nobody's way. Its verdict is made anew over all trials.
 */
export function searchOrAfter<Model extends BuiltModel>(
  end: SearchEnd | null,
  byHand: Proposal | null,
  options: DriveOptions<Model>,
): Promise<DriveResult> {
  return end ? afterSearch(end, byHand, options) : drive(options);
}

async function afterSearch<Model extends BuiltModel>(
  { stopReason, search }: SearchEnd,
  byHand: Proposal | null,
  options: DriveOptions<Model>,
): Promise<DriveResult> {
  const { journal, baseline, criterion, settings, clock, onTrial } = options;
  const stopwatch = new Stopwatch(clock, baseline.seconds);
  const trials = [...(await journal.trials())];
  for (const trial of trials) {
    stopwatch.addEarlier(trial.seconds);
    onTrial?.(trial, true);
  }
  const added = byHand && (await tryByHand(byHand, trials, stopwatch, options));
  if (added) trials.push(added);
  const verdict = judge(trials, { baseline, criterion, tuning: settings.tuning });
  const known = stopReason === 'float-recommended' ? 'space-exhausted' : stopReason;
  const { ended, conclusion } = search ?? { ended: known, conclusion: null };
  return {
    ...verdict,
    stopReason: verdict.recommendsFloat ? 'float-recommended' : ended,
    ended,
    conclusion,
    trials,
    seconds: stopwatch.seconds(),
  };
}

/** Null where the config, or a model with the same bytes, has been tried before. */
async function tryByHand<Model extends BuiltModel>(
  proposal: Proposal,
  trials: readonly Trial[],
  stopwatch: Stopwatch,
  { runner, baseline, criterion, signal, journal, waitIfPaused, onProposal, onTrial, onWarning }: DriveOptions<Model>,
): Promise<Trial | null> {
  const text = configText(proposal.config);
  if (trials.some(({ config }) => configText(config) === text)) return null;
  const number = Math.max(-1, ...trials.map((trial) => trial.number)) + 1;
  const breathe = async (): Promise<void> => {
    if (waitIfPaused) await stopwatch.pauseFor(() => waitIfPaused());
    if (signal.aborted) throw new Fault('cancelled', { message: 'The trial was stopped.' });
  };
  await breathe();
  onProposal?.(proposal, number);
  const twin = (modelSha256: string): Trial | undefined => trials.find((trial) => trial.modelSha256 === modelSha256);
  const setting = { runner, baseline, criterion, signal, stopwatch, breathe, twin };
  const { trial, isTwin } = await runTrial(number, proposal, setting);
  if (isTwin) return null;
  const added: Trial = { ...trial, byHand: true };
  await journal.append(added);
  if (added.status === 'failed') {
    onWarning?.({
      code: 'trial-failed',
      place: `trial ${number}`,
      message: added.reason ?? 'The trial failed.',
    });
  }
  onTrial?.(added, false);
  return added;
}
