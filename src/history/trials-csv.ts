import type { SessionRecord } from './session-record.ts';
import type { Trial } from '../tuning/types.ts';

const COLUMNS: readonly (readonly [string, (trial: Trial) => string | number | boolean | null | undefined])[] = [
  ['number', (trial) => trial.number],
  ['stage', (trial) => trial.stage],
  ['status', (trial) => trial.status],
  ['met', (trial) => trial.met],
  ['score', (trial) => trial.score],
  ['difference', (trial) => trial.difference?.mean],
  ['differenceHalfWidth', (trial) => trial.difference?.halfWidth],
  ['sizeBytes', (trial) => trial.sizeBytes],
  ['footprintBytes', (trial) => trial.footprintBytes],
  ['latencyMs', (trial) => trial.latencyMs],
  ['latencySpreadMs', (trial) => trial.latencySpreadMs],
  ['latencyRatio', (trial) => trial.latencyRatio],
  ['samplesEvaluated', (trial) => trial.samplesEvaluated],
  ['seconds', (trial) => trial.seconds],
  [
    'int8Ops',
    ({ config }) => Object.values(config.ops).filter((op) => op !== 'fp32' && op.mode !== 'weight_only').length,
  ],
  ['samplingSize', (trial) => trial.config.samplingSize],
  ['modelSha256', (trial) => trial.modelSha256],
  ['reason', (trial) => trial.reason],
];

/** One row per trial, in order, with a header row; as RFC 4180 has it. What is not known is empty. */
export function trialsCsv({
  trials,
  outcome,
}: {
  readonly trials: readonly Trial[];
  readonly outcome: Pick<NonNullable<SessionRecord['outcome']>, 'best' | 'pareto'> | null;
}): string {
  const header = [...COLUMNS.map(([name]) => name), 'pareto', 'offered'];
  const rows = trials.map((trial) => [
    ...COLUMNS.map(([, valueOf]) => valueOf(trial) ?? ''),
    outcome?.pareto?.includes(trial.number) ?? false,
    outcome?.best === trial.number,
  ]);
  return [header, ...rows].map((row) => `${row.map((value) => field(String(value))).join(',')}\r\n`).join('');
}

/** Quoted where it must be. Spreadsheets run text that begins like a formula: an apostrophe keeps it text. */
function field(text: string): string {
  const safe = /^[=+@\t\r]|^-(?![\d.])/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
