import { Fault } from '../base/fault.ts';
import type { OptionSchema, OptionValues } from '../base/options.ts';
import type { MeasuredBatch, Metric } from './metric.ts';
import { labelRows, outputRows, referenceRows } from './operands.ts';

export const deviationOptions: OptionSchema = {
  compare_label: {
    type: 'boolean',
    help: 'True compares with labels, false with the outputs of the float model: no labels needed.',
    default: true,
  },
};

export function deviationTarget({ compare_label }: OptionValues): ReturnType<Metric['compares']> {
  return compare_label === false ? 'reference' : 'labels';
}

/** Mean over the values of each sample of `cost(output - expected)`. Throws `data-labels-range` where labels have another size. */
export function meanDeviation(
  batch: MeasuredBatch,
  options: OptionValues,
  cost: (deviation: number) => number,
): Float64Array {
  const output = outputRows(batch);
  const expected = deviationTarget(options) === 'labels' ? labelRows(batch) : referenceRows(batch);
  if (expected.width !== output.width) {
    throw new Fault('data-labels-range', {
      message: 'The labels do not have one value for each value of the output.',
      place: 'labels',
      found: `labels [${expected.dims.join(', ')}] for an output [${output.dims.join(', ')}]`,
      next: 'Use labels of the same shape, or set compare_label to false.',
    });
  }
  return Float64Array.from({ length: output.samples }, (_, row) => {
    let sum = 0;
    for (let i = row * output.width; i < (row + 1) * output.width; i++) {
      sum += cost((output.values[i] ?? NaN) - (expected.values[i] ?? NaN));
    }
    return sum / output.width;
  });
}
