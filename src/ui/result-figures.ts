import { errorText } from '../history/verification-words.ts';
import { counted, formatDuration, formatLatency, formatSize, formatSpeed, scoreFormat } from './format.ts';
import { fullEvaluations } from '../history/full-evaluations.ts';
import type { Figure } from './figure.ts';
import { stopReasonWords, type Result } from './result.ts';

/** The numbers of the offered model beside those of the float model. */
export function resultFigures({ record, offered }: Result): Figure[] {
  const float = record.baseline?.baseline ?? null;
  const { goal } = record.header;
  const format = scoreFormat(goal, float?.score ?? null);
  const difference = offered?.difference;
  const holdOut = record.outcome?.holdOut;
  const verification = record.outcome?.verification;
  const ratio = offered?.sizeBytes && float ? ` · ${(offered.sizeBytes / float.sizeBytes).toFixed(2)}×` : '';
  return [
    {
      label: 'Score',
      value: format.score(offered?.score ?? null),
      note: `float ${format.score(float?.score ?? null)}, needed ${format.score(goal.target)}`,
      tone: offered ? (offered.met ? 'good' : 'warn') : undefined,
    },
    {
      label: 'Difference to float',
      value: difference ? format.difference(difference.mean) : '–',
      note: difference
        ? `± ${format.width(difference.halfWidth)} points, 95 % interval over ${counted(float?.samples ?? 0, 'sample')}`
        : 'not measured',
    },
    ...(holdOut
      ? [
          {
            label: 'On unseen data',
            value: format.score(holdOut.score),
            note: `${holdOut.met ? 'met' : 'missed'}: float ${format.score(holdOut.baselineScore)}, ${format.difference(holdOut.difference.mean)} ± ${format.width(holdOut.difference.halfWidth)} over ${counted(holdOut.samples, 'sample')}`,
            tone: holdOut.met ? ('good' as const) : ('warn' as const),
          },
        ]
      : []),
    ...(verification
      ? [
          {
            label: 'Checked on WASM',
            value: format.score(verification.wasmScore),
            note: `WebGPU ${format.score(verification.providerScore)} on the same ${counted(verification.samples, 'sample')}; outputs differ by ${errorText(verification.difference)}`,
          },
        ]
      : []),
    {
      label: 'Size',
      value: formatSize(offered?.sizeBytes ?? null),
      note: `float ${formatSize(float?.sizeBytes ?? null)}${ratio}`,
    },
    {
      label: 'Latency',
      value: formatLatency(offered?.latencyMs ?? null),
      note:
        offered?.latencyRatio == null
          ? `float ${formatLatency(float?.latencyMs ?? null)}`
          : `${formatSpeed(offered.latencyRatio)} the speed of float, timed in turns`,
    },
    {
      label: 'Search',
      value: counted(record.trials.length, 'trial'),
      note: record.outcome
        ? `${formatDuration(record.outcome.seconds.total)}, as much as ${fullEvaluations(record).toFixed(1)} full evaluations; ${stopReasonWords(record)}`
        : stopReasonWords(record),
    },
  ];
}
