import { Fault } from '../base/fault.ts';
import type { MeasuredBatch } from './metric.ts';
import { argMax, labelRows, outputRows, type Rows } from './operands.ts';

function isOneHot({ values, width }: Rows, row: number): boolean {
  let ones = 0;
  for (let i = row * width; i < (row + 1) * width; i++) {
    if (values[i] === 1) ones++;
    else if (values[i] !== 0) return false;
  }
  return ones === 1;
}

/**
 * One class for each sample, below `classes`: labels as numbers, or one-hot rows. Throws `data-labels-range` naming the sample.
 */
export function classLabels(batch: MeasuredBatch, classes: number): Int32Array {
  const labels = labelRows(batch);
  const fault = (row: number, found: string, accepted: string): Fault =>
    new Fault('data-labels-range', {
      message: 'A label is not a class of the model.',
      place: `labels, sample ${batch.samples?.[row] ?? row}`,
      found,
      accepted,
      next: 'Check that labels count from 0 and belong to this model.',
    });
  return Int32Array.from({ length: outputRows(batch).samples }, (_, row) => {
    if (labels.width === 1) {
      const label = labels.values[row] ?? NaN;
      if (Number.isInteger(label) && label >= 0 && label < classes) return label;
      throw fault(row, String(label), `whole numbers from 0 to ${classes - 1}`);
    }
    if (labels.width === classes && isOneHot(labels, row)) return argMax(labels.values, row * classes, classes);
    throw fault(row, `${labels.width} values that are no one-hot row`, `one class, or a one-hot row of ${classes}`);
  });
}
