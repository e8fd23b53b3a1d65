import { fullEvaluations } from '../history/full-evaluations.ts';
import type { SessionRecord } from '../history/session-record.ts';
import type { OpConfig } from '../quantize/config.ts';
import type { Trial } from '../tuning/types.ts';
import { metricOf, opTerms, opWords, strategyWords } from '../history/config-words.ts';
import { formatDuration, formatLatency, formatSize, formatSpeed, scoreFormat } from './format.ts';

export interface ComparedSession {
  readonly id: string;
  readonly name: string;
  readonly record: SessionRecord;
}

/** One line of the comparison: a label, and a value for each session. */
export interface ComparedRow {
  readonly label: string;
  readonly values: readonly string[];
  /** The same in the terms of the YAML, where it has others. */
  readonly terms?: readonly (string | undefined)[];
}

/** Sessions side by side; of the same model, the ops that their offered models treat differently, too. */
export function compareSessions(sessions: readonly ComparedSession[]): ComparedRow[] {
  const row = (label: string, valueOf: (record: SessionRecord) => string): ComparedRow => ({
    label,
    values: sessions.map(({ record }) => valueOf(record)),
  });
  return [
    row('Model', ({ header }) => header.model.name),
    row('Strategy', ({ header }) => strategyWords(header.settings.tuning.strategy.name)),
    row('Metric', ({ header }) => metricOf(header)),
    row('Trials', ({ trials }) => String(trials.length)),
    row('Full evaluations', (record) => fullEvaluations(record).toFixed(1)),
    row('Time', ({ outcome }) => (outcome ? formatDuration(outcome.seconds.total) : 'not finished')),
    row('Float score', (record) => formatOf(record).score(record.baseline?.baseline.score ?? null)),
    row('Score', (record) => formatOf(record).score(offeredOf(record)?.score ?? null)),
    row('Difference to float', differenceText),
    row('On unseen data', holdOutText),
    row('Size', (record) => formatSize(offeredOf(record)?.sizeBytes ?? null)),
    row('Latency', (record) => formatLatency(offeredOf(record)?.latencyMs ?? null)),
    row('Speed', (record) => formatSpeed(offeredOf(record)?.latencyRatio ?? null)),
    ...differingOps(sessions.map(({ record }) => record)),
  ];
}

function offeredOf({ trials, outcome }: SessionRecord): Trial | null {
  return trials.find(({ number }) => number === outcome?.best) ?? null;
}

function formatOf({ header, baseline }: SessionRecord): ReturnType<typeof scoreFormat> {
  return scoreFormat(header.goal, baseline?.baseline.score ?? null);
}

function differenceText(record: SessionRecord): string {
  const difference = offeredOf(record)?.difference;
  const format = formatOf(record);
  return difference ? `${format.difference(difference.mean)} ± ${format.width(difference.halfWidth)}` : '–';
}

function holdOutText(record: SessionRecord): string {
  const holdOut = record.outcome?.holdOut;
  return holdOut ? `${formatOf(record).score(holdOut.score)}, ${holdOut.met ? 'met' : 'missed'}` : '–';
}

/** What each config does with an op. */
export function opRow(name: string, ops: readonly (OpConfig | undefined)[]): ComparedRow {
  return { label: name, values: ops.map(opWords), terms: ops.map(opTerms) };
}

function differingOps(records: readonly SessionRecord[]): ComparedRow[] {
  const configs = records.map((record) => offeredOf(record)?.config.ops);
  const isOneModel = new Set(records.map(({ header }) => header.model.sha256)).size === 1;
  if (!isOneModel || configs.includes(undefined)) return [];
  const names = [...new Set(configs.flatMap((ops) => Object.keys(ops ?? {})))];
  return names
    .map((name) =>
      opRow(
        name,
        configs.map((ops) => ops?.[name]),
      ),
    )
    .filter(({ values }) => new Set(values).size > 1);
}
