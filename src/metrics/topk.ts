import { mean } from '../base/statistics.ts';
import { classLabels } from './class-labels.ts';
import type { Metric } from './metric.ts';
import { outputRows } from './operands.ts';

/** Classes that come before `label`: larger, or equal and earlier; NaN comes before everything. */
function rankOf(values: ArrayLike<number>, start: number, classes: number, label: number): number {
  const value = values[start + label] ?? NaN;
  let before = 0;
  for (let other = 0; other < classes; other++) {
    const rival = values[start + other] ?? NaN;
    if (other !== label && !(other < label ? rival < value : rival <= value)) before++;
  }
  return before;
}

export const topk: Metric = {
  name: 'topk',
  help: 'Share of samples whose label is among the k largest outputs; of equal outputs the first counts as larger.',
  options: { k: { type: 'integer', help: 'How many of the largest outputs count.', default: 1, min: 1 } },
  higherIsBetter: true,
  compares: () => 'labels',
  range: { min: 0, max: 1 },
  measure(batch, { k }) {
    const { values, samples, width } = outputRows(batch);
    const labels = classLabels(batch, width);
    return Float64Array.from({ length: samples }, (_, row) =>
      Number(rankOf(values, row * width, width, labels[row] ?? 0) < (k as number)),
    );
  },
  score: mean,
};
