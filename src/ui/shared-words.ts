import { metricOf } from '../history/config-words.ts';
import type { SessionRecord } from '../history/session-record.ts';
import { counted, formatDate } from './format.ts';

/** When and where a shared result was made, in a sentence. */
export function sharedOrigin({ header, trials, outcome }: SessionRecord): string {
  const { provider, version, threads, device } = header.runtime;
  const on =
    provider === 'webgpu'
      ? `WebGPU${device ? ` (${device})` : ''}`
      : `${counted(Math.max(1, threads), 'thread')} of their processor`;
  const tried = `${counted(trials.length, 'int8 candidate')} measured`;
  const end = outcome ? '' : ', unfinished';
  return `${formatDate(header.startedAt)}: ${tried} with ONNX Runtime ${version} on ${on}${end}.`;
}

/** What the numbers below mean, term by term. */
export function sharedTerms({ header, outcome }: SessionRecord): { readonly term: string; readonly means: string }[] {
  const { evaluation } = header.data;
  const samples = `${counted(evaluation.samples, 'sample')} (${evaluation.name})`;
  const unseen = outcome?.holdOut
    ? ` “On unseen data” is from ${counted(outcome.holdOut.samples, 'more sample')}.`
    : '';
  return [
    {
      term: 'Score',
      means: `By ${metricOf(header)}, float and int8 model over the same ${samples}; ± is a 95 % interval of their difference.${unseen}`,
    },
    {
      term: 'Latency',
      means: 'One run on their device, both models in turns. On yours times differ; their ratio carries over best.',
    },
    {
      term: 'Trust',
      means:
        'Anyone can write a link. The int8 model is checked by its hash when it is built here; your own data tell its score.',
    },
  ];
}
