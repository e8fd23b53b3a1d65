import { Fault } from '../base/fault.ts';
import { mean } from '../base/statistics.ts';
import type { Metric } from './metric.ts';
import { argMax, outputRows, referenceRows, scoredOutput } from './operands.ts';

/** Whether the largest of `count` values lies at the same place; never where a value is NaN. */
function decideAlike(a: ArrayLike<number>, b: ArrayLike<number>, start: number, count: number): boolean {
  const choice = argMax(a, start, count);
  return choice === argMax(b, start, count) && !Number.isNaN(a[start + choice]);
}

export const agreement: Metric = {
  name: 'agreement',
  help: 'Share of decisions (largest value along the last axis) that are those of the float model; needs no labels.',
  options: {},
  higherIsBetter: true,
  compares: () => 'reference',
  range: { min: 0, max: 1 },
  measure(batch) {
    const { values, samples, width, dims } = outputRows(batch);
    const { values: reference } = referenceRows(batch);
    const isDecision = !scoredOutput(batch).type.includes('float');
    const classes = isDecision || dims.length < 2 ? 1 : (dims.at(-1) ?? 1);
    if (classes < 2 && !isDecision) {
      throw new Fault('config-contradiction', {
        message: 'The metric agreement does not suit the scored output: it has no classes to choose from.',
        found: `an output [${dims.join(', ')}]`,
        accepted: 'an output with two or more values along its last axis',
        next: 'Choose cosine, or MSE with compare_label: false.',
      });
    }
    const decisions = width / classes;
    return Float64Array.from({ length: samples }, (_, row) => {
      let same = 0;
      for (let start = row * width; start < (row + 1) * width; start += classes) {
        if (isDecision ? values[start] === reference[start] : decideAlike(values, reference, start, classes)) same++;
      }
      return same / decisions;
    });
  },
  score: mean,
};
