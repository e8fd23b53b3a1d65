import { Fault } from '../base/fault.ts';
import { numbersOf } from '../base/numbers.ts';
import type { Tensor } from '../base/tensor.ts';
import type { MeasuredBatch } from './metric.ts';

/** A tensor as rows of plain numbers, one row for each sample. */
export interface Rows {
  readonly values: ArrayLike<number>;
  readonly samples: number;
  /** Values of one sample. */
  readonly width: number;
  readonly dims: readonly number[];
}

function rowsOf(tensor: Tensor): Rows {
  const samples = tensor.dims[0] ?? 1;
  return {
    values: numbersOf(tensor),
    samples,
    width: samples === 0 ? 0 : tensor.data.length / samples,
    dims: tensor.dims,
  };
}

/** The tensor that is scored: the first output. */
export function scoredOutput({ outputs }: MeasuredBatch): Tensor {
  const [output] = outputs;
  if (!output) throw new Fault('internal', { message: 'A batch without outputs cannot be measured.' });
  return output;
}

export function outputRows(batch: MeasuredBatch): Rows {
  return rowsOf(scoredOutput(batch));
}

/** Labels with as many rows as the output. Throws `data-labels-missing`, `data-labels-count`. */
export function labelRows(batch: MeasuredBatch): Rows {
  if (!batch.labels) {
    throw new Fault('data-labels-missing', {
      message: 'The metric compares with labels, and the data have none.',
      next: 'Add labels, or choose a metric without labels: agreement or cosine.',
    });
  }
  const labels = rowsOf(batch.labels);
  const { samples, dims } = outputRows(batch);
  if (labels.samples === samples) return labels;
  throw new Fault('data-labels-count', {
    message: 'The scored output does not have one row for each label.',
    found: `output [${dims.join(', ')}], labels [${labels.dims.join(', ')}]`,
    next: 'Score an output whose first dimension is the samples.',
  });
}

/** The float model's first output, of the same shape. */
export function referenceRows(batch: MeasuredBatch): Rows {
  const [reference] = batch.reference ?? [];
  if (reference && reference.data.length === scoredOutput(batch).data.length) return rowsOf(reference);
  throw new Fault('internal', { message: 'The outputs of the float model are missing, or have another shape.' });
}

/** Position of the largest of `count` values from `start` on, `stride` apart; the first of equals; a NaN counts as the largest. */
export function argMax(values: ArrayLike<number>, start: number, count: number, stride = 1): number {
  let best = 0;
  let bestValue = -Infinity;
  for (let i = 0; i < count; i++) {
    const value = values[start + i * stride] ?? NaN;
    if (Number.isNaN(value)) return i;
    if (value > bestValue) [best, bestValue] = [i, value];
  }
  return best;
}
