import { numbersOf } from '../base/numbers.ts';
import type { MeasuredBatch } from './metric.ts';
import { argMax, outputRows, scoredOutput, type Rows } from './operands.ts';

/** Numbers per sample: the class that was chosen, its probability, and the labelled class (NaN where there is none). */
export const DECISION_WIDTH = 3;

/**
 * What was decided on each sample, as rows of `DECISION_WIDTH` numbers; null unless the scored output is one float row of class
 * scores per sample. Rows that sum to 1 without negative values are probabilities; of others the softmax is taken.
 */
export function decisionsOf(batch: MeasuredBatch): Float32Array<ArrayBuffer> | null {
  const output = outputRows(batch);
  const { values, width, samples } = output;
  if (output.dims.length !== 2 || width < 2 || !scoredOutput(batch).type.includes('float')) return null;
  const decisions = new Float32Array(samples * DECISION_WIDTH);
  for (let row = 0; row < samples; row++) {
    const chosen = argMax(values, row * width, width);
    decisions.set([chosen, probabilityOf(output, row, chosen), labelOf(batch, row, width)], row * DECISION_WIDTH);
  }
  return decisions;
}

function probabilityOf({ values, width }: Rows, row: number, chosen: number): number {
  const start = row * width;
  const largest = values[start + chosen] ?? NaN;
  let [sum, exponentials, least] = [0, 0, Infinity];
  for (let i = start; i < start + width; i++) {
    const value = values[i] ?? NaN;
    sum += value;
    least = Math.min(least, value);
    exponentials += Math.exp(value - largest);
  }
  return least >= 0 && Math.abs(sum - 1) < 1e-3 ? largest : 1 / exponentials;
}

/** Labels that are one class or a one-hot row; the metric has its say about others. */
function labelOf({ labels }: MeasuredBatch, row: number, classes: number): number {
  if (!labels) return NaN;
  const values = numbersOf(labels);
  const width = values.length / Math.max(1, labels.dims[0] ?? 1);
  if (width === 1) return values[row] ?? NaN;
  return width === classes ? argMax(values, row * width, width) : NaN;
}
