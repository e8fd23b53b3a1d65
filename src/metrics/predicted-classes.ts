import { Fault } from '../base/fault.ts';
import type { MeasuredBatch } from './metric.ts';
import { argMax, labelRows, outputRows, type Rows } from './operands.ts';

/** Along which axis the classes lie, when the output has one dimension more than the labels: 1 (N, C, …) or the last (N, …, C). */
function classAxis(output: readonly number[], labels: readonly number[]): number | undefined {
  const without = (axis: number): string => output.filter((_, i) => i !== axis).join();
  return [1, output.length - 1].find((axis) => without(axis) === labels.join());
}

interface PredictedClasses {
  readonly predictions: ArrayLike<number>;
  readonly labels: Rows;
  /** Whether the predictions are classes chosen from scores, not the values of the output. */
  readonly areChosen: boolean;
}

/**
 * The predicted value for each label, in the order of the labels: the class with the largest output where the output has a
 * dimension of classes, else the output itself. Throws `data-labels-range` where the shapes do not go together.
 */
export function predictedClasses(batch: MeasuredBatch): PredictedClasses {
  const output = outputRows(batch);
  const labels = labelRows(batch);
  if (labels.width === 1 && output.width > 1) {
    const predictions = Int32Array.from({ length: labels.samples }, (_, row) =>
      argMax(output.values, row * output.width, output.width),
    );
    return { predictions, labels, areChosen: true };
  }
  const axis = classAxis(output.dims, labels.dims);
  if (axis !== undefined && (output.dims[axis] ?? 1) > 1) {
    const classes = output.dims[axis] ?? 1;
    const inner = output.dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
    const predictions = Int32Array.from({ length: output.values.length / classes }, (_, i) => {
      const block = Math.floor(i / inner);
      return argMax(output.values, block * classes * inner + (i % inner), classes, inner);
    });
    return { predictions, labels, areChosen: true };
  }
  if (output.width === labels.width) return { predictions: output.values, labels, areChosen: false };
  throw new Fault('data-labels-range', {
    message: 'The labels do not have the shape that the output asks for.',
    place: 'labels',
    found: `labels [${labels.dims.join(', ')}] for an output [${output.dims.join(', ')}]`,
    accepted: 'the shape of the output, or that shape without its dimension of classes',
    next: 'Use labels that fit, or another metric.',
  });
}
