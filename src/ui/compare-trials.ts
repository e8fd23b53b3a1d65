import type { Goal } from '../history/session-record.ts';
import { unpackChanges, type ChangedSamples } from '../history/changed-samples.ts';
import type { Baseline, Trial } from '../tuning/types.ts';
import { opRow, type ComparedRow } from './compare-sessions.ts';
import { formatLatency, formatSize, formatSpeed, scoreFormat } from './format.ts';
import { stepWords } from '../history/config-words.ts';

/**
 * Trials of one session side by side: what they measured, which samples they changed (`changes` by place; null where not known),
 * then what of their configs differs.
 */
export function compareTrials(
  trials: readonly Trial[],
  goal: Goal | null,
  baseline: Baseline | null,
  changes: readonly (ChangedSamples | null)[] = [],
): ComparedRow[] {
  const format = scoreFormat(goal, baseline?.score ?? null);
  const row = (label: string, valueOf: (trial: Trial) => string): ComparedRow => ({
    label,
    values: trials.map(valueOf),
  });
  return [
    row('Step', ({ stage }) => stepWords(stage)),
    row('Criterion', ({ status, met }) => (status === 'failed' ? 'failed' : met ? 'met' : 'missed')),
    row('Score', ({ score, status }) => format.score(score) + (status === 'pruned' ? ', estimated' : '')),
    row('Difference to float', ({ difference }) =>
      difference ? `${format.difference(difference.mean)} ± ${format.width(difference.halfWidth)}` : '–',
    ),
    ...changeRows(trials, changes),
    row('Size', ({ sizeBytes }) => formatSize(sizeBytes)),
    row('Latency', ({ latencyMs }) => formatLatency(latencyMs)),
    row('Speed', ({ latencyRatio }) => formatSpeed(latencyRatio)),
    row('Ops in int8', ({ config }) => String(Object.values(config.ops).filter((op) => op !== 'fp32').length)),
    ...[
      row('SmoothQuant', ({ config }) => (config.smoothQuant === undefined ? 'off' : `α ${config.smoothQuant}`)),
      row('Equalization', ({ config }) => onOff(config.equalization)),
      row('Bias correction', ({ config }) => onOff(config.biasCorrection)),
      row('Outlier channels split off', ({ config }) => onOff(config.outlierChannels)),
      row('Weight clip', ({ config }) => onOff(config.weightClip)),
      row('Calibration samples', ({ config }) => (config.samplingSize > 0 ? String(config.samplingSize) : '–')),
      ...namesOf(trials).map((name) =>
        opRow(
          name,
          trials.map(({ config }) => config.ops[name]),
        ),
      ),
    ].filter(({ values }) => new Set(values).size > 1),
  ];
}

function changeRows(trials: readonly Trial[], changes: readonly (ChangedSamples | null)[]): ComparedRow[] {
  if (changes.every((each) => each === null)) return [];
  const row = (label: string, countOf: (each: ChangedSamples) => number | null): ComparedRow => ({
    label,
    values: trials.map((_, i) => {
      const each = changes[i];
      return (each && countOf(each)?.toLocaleString('en')) ?? '–';
    }),
  });
  return [
    row('Samples worse than float', ({ worse }) => worse),
    row('Samples better than float', ({ better }) => better),
    ...(changes.some((each) => each !== null && each.otherwise !== null)
      ? [row('Decided otherwise, no better or worse', ({ otherwise }) => otherwise)]
      : []),
  ];
}

/** Samples changed by all the trials, and by one of them alone (by place); null unless the samples of each are known. */
export function sharedChanges(
  changes: readonly (ChangedSamples | null)[],
): { readonly shared: readonly number[]; readonly alone: readonly (readonly number[])[] } | null {
  const packed = changes.flatMap((each) => each?.packed ?? []);
  if (packed.length < changes.length || packed.length === 0) return null;
  const sets = packed.map(unpackChanges);
  const [first, ...others] = sets;
  return {
    shared: [...(first?.keys() ?? [])].filter((sample) => others.every((set) => set.has(sample))),
    alone: sets.map((set) =>
      [...set.keys()].filter((sample) => sets.every((other) => other === set || !other.has(sample))),
    ),
  };
}

function onOff(value: boolean | undefined): string {
  return value ? 'on' : 'off';
}

function namesOf(trials: readonly Trial[]): string[] {
  return [...new Set(trials.flatMap(({ config }) => Object.keys(config.ops)))];
}
