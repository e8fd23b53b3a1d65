import type { Json } from '../base/canonical-json.ts';
import type { HoldOutResult } from '../history/session-record.ts';
import { combineScores } from '../metrics/combine-scores.ts';
import { scoresOf } from '../metrics/composite.ts';
import type { MetricScore } from '../metrics/metric.ts';
import { scoreDifference } from '../metrics/score-difference.ts';
import { meetsCriterion } from '../tuning/criterion.ts';
import type { DriveResult } from '../tuning/driver.ts';
import type { Trial } from '../tuning/types.ts';
import { ManualControl } from './control.ts';
import { evaluateModel } from './evaluate.ts';
import type { TuneEvent } from './events.ts';
import type { OpenSession } from './open-session.ts';
import { retryDeadWorker } from './retry.ts';
import type { EngineTrialRunner } from './trial-runner.ts';

interface HoldOutParts {
  readonly session: OpenSession;
  readonly outcome: DriveResult;
  readonly runner: EngineTrialRunner;
  readonly floatBytes: Uint8Array;
  recall<T extends Json>(key: string, make: () => Promise<T>): Promise<T>;
  readonly emit: (event: TuneEvent) => void;
}

/** Who stops a run wants its end; the page takes matters in its own hands after 0.85 s. */
const PATIENCE_SECONDS = 0.5;
/** Part of a timed trial that goes into timing. */
const TIMING_SECONDS = 1.2;

/**
 * The float and the offered model on the samples that no trial saw; kept in the journal, so that a session that is opened
 * again runs nothing. Null where nothing is held out or offered, or where a stopped run would have to wait for it.
 */
export async function scoreHoldOut(parts: HoldOutParts): Promise<HoldOutResult | null> {
  const { session, outcome, recall } = parts;
  const { holdOutFeed: feed } = session;
  const { best } = outcome;
  if (!feed || best?.score == null) return null;
  const isSlow = secondsOf(best, feed.count) > PATIENCE_SECONDS;
  if (outcome.stopReason === 'stopped' && isSlow) return null;
  const measured = await recall(`hold-out ${best.modelSha256 ?? ''}`, () => measure(parts, best));
  const { criterion, header, setup } = session;
  const { baselineScores } = measured;
  const isOwnFile = header.data.holdOut?.sha256 !== header.data.evaluation.sha256;
  return {
    ...measured,
    met: meetsCriterion(
      measured,
      { score: measured.baselineScore, ...(baselineScores && { scores: baselineScores }) },
      criterion,
    ),
    allSamplesScore: isOwnFile
      ? null
      : combineScores(setup.metric, [
          { ...scored(best.score, best.scores), samples: header.data.evaluation.samples },
          measured,
        ]),
  };
}

/** What both models need for so many samples, going by the trial. */
function secondsOf({ seconds, latencyMs, samplesEvaluated }: Trial, samples: number): number {
  const evaluation = seconds - (latencyMs === null ? 0 : TIMING_SECONDS);
  return (2 * Math.max(0, evaluation) * samples) / Math.max(1, samplesEvaluated);
}

async function measure({ session, runner, floatBytes, emit }: HoldOutParts, best: Trial) {
  const { holdOutFeed: feed, setup } = session;
  if (!feed) throw new Error('Nothing is held out');
  emit({ type: 'stage', stage: 'verification', detail: `Scoring on ${feed.count} samples that no trial saw` });
  // The user's stop has ended the search, not this.
  const own = { ...setup, feed, control: new ManualControl() };
  const keepReference = setup.metric.compares(setup.metricOptions) === 'reference';
  const { bytes } = await runner.build(best.config);
  // Both again where a worker dies: what the float model gave dies with it.
  const { float, offered } = await retryDeadWorker(async () => ({
    float: await evaluateModel(own, 'hold-out float', floatBytes, { keepReference }),
    offered: await evaluateModel(own, 'hold-out model', bytes),
  }));
  await feed.release(setup.pool);
  const baseline = scoresOf(setup.metric, float.values);
  return {
    samples: feed.count,
    baselineScore: baseline.score,
    ...(baseline.scores && { baselineScores: baseline.scores }),
    ...scoresOf(setup.metric, offered.values),
    difference: scoreDifference(setup.metric, offered.values, float.values),
  };
}

function scored(score: number, scores: Trial['scores']): MetricScore {
  return { score, ...(scores && { scores }) };
}
