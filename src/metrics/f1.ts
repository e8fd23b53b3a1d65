import { mean } from '../base/statistics.ts';
import type { Metric } from './metric.ts';
import { predictedClasses } from './predicted-classes.ts';

/** How many values two sequences share, each value as often as in both. */
function overlap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (let i = 0; i < a.length; i++) counts.set(a[i] ?? NaN, (counts.get(a[i] ?? NaN) ?? 0) + 1);
  let shared = 0;
  for (let i = 0; i < b.length; i++) {
    const left = counts.get(b[i] ?? NaN) ?? 0;
    if (left === 0) continue;
    counts.set(b[i] ?? NaN, left - 1);
    shared++;
  }
  return shared;
}

export const f1: Metric = {
  name: 'F1',
  help: 'Overlap of the predicted with the labelled values of a sample, whatever their order, as harmonic mean of precision and recall.',
  options: {},
  higherIsBetter: true,
  compares: () => 'labels',
  range: { min: 0, max: 1 },
  measure(batch) {
    const { predictions, labels } = predictedClasses(batch);
    const predicted = Array.from(predictions);
    const expected = Array.from(labels.values);
    const { samples, width } = labels;
    const length = predicted.length / samples;
    return Float64Array.from({ length: samples }, (_, row) => {
      const shared = overlap(
        predicted.slice(row * length, (row + 1) * length),
        expected.slice(row * width, (row + 1) * width),
      );
      return (2 * shared) / (length + width);
    });
  },
  score: mean,
};
