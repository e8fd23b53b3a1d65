import { Fault } from '../base/fault.ts';
import { mean } from '../base/statistics.ts';
import type { Metric } from './metric.ts';
import { argMax, labelRows, outputRows } from './operands.ts';

/** Greedy decoding of connectionist temporal classification: best class of each step, repeats merged, blanks dropped. */
export function decodeCtc(
  values: ArrayLike<number>,
  start: number,
  steps: number,
  classes: number,
  blank: number,
): number[] {
  const letters: number[] = [];
  let previous = blank;
  for (let step = 0; step < steps; step++) {
    const best = argMax(values, start + step * classes, classes);
    if (best !== previous && best !== blank) letters.push(best);
    previous = best;
  }
  return letters;
}

function withoutEnds(letters: readonly number[], dropped: number | null): readonly number[] {
  const first = letters.findIndex((letter) => letter !== dropped);
  return first < 0 ? [] : letters.slice(first, letters.findLastIndex((letter) => letter !== dropped) + 1);
}

function labelLetters(values: readonly number[], padding: number): readonly number[] {
  return values.slice(0, values.findLastIndex((value) => value !== padding) + 1);
}

export const ctcExactMatch: Metric = {
  name: 'ctc_exact_match',
  help: 'Share of lines read without a mistake, from an output of samples × steps × classes.',
  options: {
    blank: { type: 'integer', help: 'Class that stands for nothing.', default: 0, min: 0 },
    space: { type: 'integer', help: 'Class that is cut off both ends before comparing.', default: null, min: 0 },
    padding: { type: 'integer', help: 'Number that fills up short labels.', default: 0 },
  },
  higherIsBetter: true,
  compares: () => 'labels',
  range: { min: 0, max: 1 },
  measure(batch, options) {
    const output = outputRows(batch);
    const labels = labelRows(batch);
    const [, steps = 0, classes = 0] = output.dims;
    if (output.dims.length !== 3) {
      throw new Fault('config-contradiction', {
        message: 'The metric ctc_exact_match does not suit the scored output.',
        found: `an output [${output.dims.join(', ')}]`,
        accepted: 'samples × steps × classes',
        next: 'Choose another metric, such as topk.',
      });
    }
    const space = options.space as number | null;
    const expected = Array.from(labels.values);
    return Float64Array.from({ length: output.samples }, (_, row) => {
      const label = labelLetters(
        expected.slice(row * labels.width, (row + 1) * labels.width),
        options.padding as number,
      );
      const outside = label.find((letter) => !Number.isInteger(letter) || letter < 0 || letter >= classes);
      if (outside !== undefined) {
        throw new Fault('data-labels-range', {
          message: 'A label is not a class of the model.',
          place: `labels, sample ${batch.samples?.[row] ?? row}`,
          found: String(outside),
          accepted: `whole numbers from 0 to ${classes - 1}`,
          next: 'Check that the labels belong to this model, and the option padding.',
        });
      }
      const read = decodeCtc(output.values, row * steps * classes, steps, classes, options.blank as number);
      return Number(withoutEnds(read, space).join() === withoutEnds(label, space).join());
    });
  },
  score: mean,
};
