import { Fault } from '../base/fault.ts';
import type { FaultCode } from '../base/fault-codes.ts';
import { meetsCriterion } from './criterion.ts';
import type { Stopwatch } from './stopwatch.ts';
import type { BuiltModel, Evaluation, Timing, TrialRunner } from './trial-runner.ts';
import type { AccuracyCriterion, Baseline, Proposal, Trial } from './types.ts';

export interface TrialSetting<Model extends BuiltModel> {
  readonly runner: TrialRunner<Model>;
  readonly baseline: Baseline;
  readonly criterion: AccuracyCriterion;
  readonly signal: AbortSignal;
  readonly stopwatch: Stopwatch;
  /** Waits while the user pauses; throws `cancelled` where the user stops. Called between steps. */
  breathe(): Promise<void>;
  /** An earlier trial of a model with the same bytes. */
  twin(modelSha256: string): Trial | undefined;
}

/** Faults that say nothing about the config: the run ends, and a resumed one tries the trial again. */
export const ENDS_RUN: readonly FaultCode[] = ['cancelled', 'worker-start-failed'];

/**
 * Builds, evaluates and, where the criterion is met, times a config. A fault makes a failed trial; a model with the bytes
 * of an earlier one gives that trial.
 */
export async function runTrial<Model extends BuiltModel>(
  number: number,
  { config, stage }: Proposal,
  setting: TrialSetting<Model>,
): Promise<{ readonly trial: Trial; readonly isTwin: boolean }> {
  const { runner, signal, stopwatch } = setting;
  const start = stopwatch.seconds();
  const steps: Steps = {};
  try {
    const model = await runner.build(config, signal);
    steps.model = model;
    const trial = setting.twin(model.modelSha256);
    if (trial !== undefined) return { trial, isTwin: true };
    await setting.breathe();
    steps.evaluation = checkedScore(await runner.evaluate(model, config, signal));
    if (isMet(steps.evaluation, setting)) {
      await setting.breathe();
      steps.timing = await runner.time(model, config, signal);
    }
  } catch (error) {
    const fault = Fault.from(error);
    if (ENDS_RUN.includes(fault.code)) throw fault;
    steps.fault = fault;
  }
  return { trial: toTrial(number, { config, stage }, steps, setting, stopwatch.seconds() - start), isTwin: false };
}

interface Steps {
  model?: BuiltModel;
  evaluation?: Evaluation;
  timing?: Timing;
  fault?: Fault;
}

function isMet(
  evaluation: Evaluation,
  { baseline, criterion }: Pick<TrialSetting<BuiltModel>, 'baseline' | 'criterion'>,
): boolean {
  return evaluation.status === 'complete' && meetsCriterion(evaluation, baseline, criterion);
}

function checkedScore(evaluation: Evaluation): Evaluation {
  if (Number.isFinite(evaluation.score)) return evaluation;
  throw new Fault('activation-not-finite', {
    message: `The score is ${evaluation.score}: the model's outputs are not finite.`,
  });
}

function toTrial(
  number: number,
  proposal: Proposal,
  { model, evaluation, timing, fault }: Steps,
  setting: Pick<TrialSetting<BuiltModel>, 'baseline' | 'criterion'>,
  seconds: number,
): Trial {
  const scored = fault === undefined ? evaluation : undefined;
  return {
    number,
    ...proposal,
    status: scored?.status ?? 'failed',
    score: scored?.score ?? null,
    ...(scored?.scores && { scores: scored.scores }),
    met: scored !== undefined && isMet(scored, setting),
    samplesEvaluated: evaluation?.samplesEvaluated ?? 0,
    sizeBytes: model?.sizeBytes ?? null,
    ...(model?.footprintBytes === undefined ? {} : { footprintBytes: model.footprintBytes }),
    latencyMs: timing?.latencyMs ?? null,
    latencyRatio: timing?.latencyRatio ?? null,
    ...(timing?.latencySpreadMs === undefined ? {} : { latencySpreadMs: timing.latencySpreadMs }),
    difference: scored?.difference ?? null,
    ...(scored?.differences && { differences: scored.differences }),
    ...(scored?.simulated && { simulated: true }),
    seconds,
    modelSha256: model?.modelSha256 ?? null,
    ...(fault === undefined ? {} : { reason: `${fault.message} [${fault.code}]` }),
  };
}
