import { mean } from '../base/statistics.ts';
import type { Metric } from './metric.ts';
import { outputRows, referenceRows } from './operands.ts';

/** Cosine of the angle between two vectors; 1 for two zero vectors, 0 where one is zero or not finite. */
function similarity(a: ArrayLike<number>, b: ArrayLike<number>, start: number, count: number): number {
  let dot = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let i = start; i < start + count; i++) {
    const x = a[i] ?? NaN;
    const y = b[i] ?? NaN;
    dot += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  if (squaresA === 0 && squaresB === 0) return 1;
  const cosine = dot / (Math.sqrt(squaresA) * Math.sqrt(squaresB));
  return Number.isFinite(cosine) ? Math.min(1, Math.max(-1, cosine)) : 0;
}

export const cosine: Metric = {
  name: 'cosine',
  help: 'Mean cosine similarity of the outputs with those of the float model; needs no labels.',
  options: {},
  higherIsBetter: true,
  compares: () => 'reference',
  range: { min: -1, max: 1 },
  measure(batch) {
    const { values, samples, width } = outputRows(batch);
    const { values: reference } = referenceRows(batch);
    return Float64Array.from({ length: samples }, (_, row) => similarity(values, reference, row * width, width));
  },
  score: mean,
};
