import { mean } from '../base/statistics.ts';
import { classLabels } from './class-labels.ts';
import type { MeasuredBatch, Metric } from './metric.ts';
import { argMax, labelRows, outputRows, scoredOutput } from './operands.ts';
import { predictedClasses } from './predicted-classes.ts';

/** Float outputs are probabilities of a yes; whole-number outputs are the answer itself. */
function isRight(prediction: number, label: number, isProbability: boolean): boolean {
  if (Number.isNaN(prediction)) return false;
  return isProbability ? prediction >= 0.5 === (label !== 0) : prediction === label;
}

/** Share of the positions of each sample that are right. */
function shareRight(
  predictions: ArrayLike<number>,
  labels: ArrayLike<number>,
  samples: number,
  isProbability: boolean,
): Float64Array {
  const width = labels.length / samples;
  return Float64Array.from({ length: samples }, (_, row) => {
    let right = 0;
    for (let i = row * width; i < (row + 1) * width; i++) {
      if (isRight(predictions[i] ?? NaN, labels[i] ?? NaN, isProbability)) right++;
    }
    return right / width;
  });
}

/** One class a sample, as a number or a one-hot row, for an output of one value a class. */
function hasOneClass(batch: MeasuredBatch): boolean {
  const output = outputRows(batch);
  const { width } = labelRows(batch);
  const isOneHot = width === output.width && output.dims.length === 2 && scoredOutput(batch).type.includes('float');
  return output.width > 1 && (width === 1 || isOneHot);
}

export const accuracy: Metric = {
  name: 'Accuracy',
  help: 'Share of right answers: the largest output against a class, or yes (0.5 and more) against no.',
  options: {
    multilabel: {
      type: 'boolean',
      help: 'Every output is a yes or no of its own, and labels are rows of 0 and 1.',
      default: false,
    },
  },
  higherIsBetter: true,
  compares: () => 'labels',
  range: { min: 0, max: 1 },
  measure(batch, { multilabel }) {
    const { values, samples, width } = outputRows(batch);
    if (!multilabel && hasOneClass(batch)) {
      const labels = classLabels(batch, width);
      return Float64Array.from(labels, (label, row) => Number(argMax(values, row * width, width) === label));
    }
    const { predictions, labels, areChosen } = predictedClasses(batch);
    const isProbability = !areChosen && scoredOutput(batch).type.includes('float');
    return shareRight(predictions, labels.values, samples, isProbability);
  },
  score: mean,
};
