import { evidenceOf, type Evidence } from '../history/evidence.ts';
import { groupOps, type OpGroup } from '../history/op-groups.ts';
import type { Recipe } from '../history/recipe.ts';
import type { SessionRecord } from '../history/session-record.ts';
import type { SharedResult } from '../history/shared-result.ts';
import { reportGraph, unpackGraph, type ReportGraph } from '../history/shared-graph.ts';
import type { TuneReport } from '../history/tune-report.ts';
import type { Trial } from '../tuning/types.ts';

/** What an ended session shows, be it run here, stored or shared. */
export interface Result {
  readonly record: SessionRecord;
  readonly explanation: string;
  readonly offered: Trial | null;
  readonly yaml: string | null;
  readonly ops: readonly OpGroup[];
  readonly recipe: Recipe | null;
  readonly evidence: Evidence | null;
  /** Null where edges are not known. */
  readonly graph: ReportGraph | null;
}

export function resultOf({ record, explanation, offer }: TuneReport): Result {
  return {
    record,
    explanation,
    offered: trialOf(record, offer?.trial),
    yaml: offer?.yaml ?? null,
    ops: groupOps(offer?.ops ?? []),
    recipe: offer?.recipe ?? null,
    evidence: evidenceOf(record),
    graph: reportGraph(offer),
  };
}

export function sharedResultOf({ evidence, graph, format: _, ...shared }: SharedResult): Result {
  const { record } = shared;
  return {
    ...shared,
    offered: trialOf(record, record.outcome?.best),
    evidence: evidence ?? null,
    graph: graph ? unpackGraph(graph) : null,
  };
}

function trialOf(record: SessionRecord, number: number | null | undefined): Trial | null {
  return record.trials.find((trial) => trial.number === number) ?? null;
}

/** The result in one line: what the offered model is worth beside the float model. */
export function headline({ record, offered }: Result): string {
  const float = record.baseline?.baseline;
  const { outcome } = record;
  if (outcome?.stopReason === 'float-recommended') return 'Keep the float model: int8 is not faster here';
  if (!offered || !float)
    return outcome?.stopReason === 'stopped' ? 'Stopped before a model was ready' : 'No int8 model was made';
  const size =
    offered.sizeBytes === null ? '' : `${Math.round((100 * offered.sizeBytes) / float.sizeBytes)} % of the size`;
  const speed = offered.latencyRatio === null ? '' : speedText(1 / offered.latencyRatio);
  const gains = [size, speed].filter(Boolean).join(', ');
  return offered.met ? `Accuracy kept at ${gains}` : `Not accurate enough yet: the closest model has ${gains}`;
}

function speedText(speed: number): string {
  if (speed >= 0.98 && speed < 1.02) return 'as fast as float';
  return speed > 1 ? `${speed.toFixed(2)}× as fast` : `at ${speed.toFixed(2)}× the speed`;
}

const REASONS: Readonly<Record<NonNullable<SessionRecord['outcome']>['stopReason'], string>> = {
  'criterion-met': 'ended with a model that is good enough',
  'max-trials': 'ended after the most trials allowed',
  timeout: 'ended with the time budget',
  'space-exhausted': 'ended by itself',
  stopped: 'stopped by you',
  'float-recommended': 'every accurate model is slower than float',
};

/** Why the search ended, in a few words. */
export function stopReasonWords({ outcome }: SessionRecord): string {
  return outcome ? REASONS[outcome.stopReason] : 'not finished';
}
