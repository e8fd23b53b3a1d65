import type { Trial } from '../tuning/types.ts';

/** A column of the table of trials. */
export type Column = 'number' | 'stage' | 'score' | 'verdict' | 'difference' | 'size' | 'latency' | 'speed' | 'seconds';

export interface Order {
  readonly column: Column;
  readonly descending: boolean;
}

export type Filter = 'all' | 'meets' | 'misses' | 'failed' | 'pareto';

const VALUES: Readonly<Record<Column, (trial: Trial) => number | string | null>> = {
  number: ({ number }) => number,
  stage: ({ stage }) => stage,
  score: ({ score }) => score,
  verdict: ({ status, met }) => (status === 'failed' ? 3 : met ? 0 : status === 'pruned' ? 2 : 1),
  difference: ({ difference }) => difference?.mean ?? null,
  size: ({ sizeBytes }) => sizeBytes,
  latency: ({ latencyMs }) => latencyMs,
  speed: ({ latencyRatio }) => latencyRatio && 1 / latencyRatio,
  seconds: ({ seconds }) => seconds,
};

/** Sorted trials; equal ones stay in order of their numbers, and those without the value come last either way. */
export function orderTrials(trials: readonly Trial[], { column, descending }: Order): Trial[] {
  const sign = descending ? -1 : 1;
  return trials
    .map((trial) => ({ trial, value: VALUES[column](trial) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) {
        return Number(a.value === null) - Number(b.value === null) || a.trial.number - b.trial.number;
      }
      const byValue = a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
      return sign * byValue || a.trial.number - b.trial.number;
    })
    .map(({ trial }) => trial);
}

/** `pareto`: numbers of the trials that no other beats. */
export function filterTrials(trials: readonly Trial[], filter: Filter, pareto: readonly number[]): readonly Trial[] {
  if (filter === 'all') return trials;
  const best = new Set(pareto);
  return trials.filter(({ number, status, met }) => {
    if (filter === 'pareto') return best.has(number);
    if (filter === 'failed') return status === 'failed';
    return status !== 'failed' && met === (filter === 'meets');
  });
}
