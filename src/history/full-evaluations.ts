import type { SessionRecord } from './session-record.ts';

/** What trials and probes cost, in evaluations of all samples that trials are judged by. */
export function fullEvaluations({
  header,
  trials,
  probes,
}: Pick<SessionRecord, 'header' | 'trials' | 'probes'>): number {
  const runs = [...trials, ...Object.values(probes)];
  const samples = runs.reduce((sum, { samplesEvaluated }) => sum + samplesEvaluated, 0);
  return samples / Math.max(1, header.data.evaluation.samples);
}
