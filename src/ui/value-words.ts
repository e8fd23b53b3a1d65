import type { ActivationValues, OpValues, WeightValues } from '../history/op-values.ts';
import { decibelsText } from '../history/sensitivity.ts';
import type { RangeLine } from './plot/histogram-plot.ts';

/** Three digits, very large and very small values as powers of ten. */
export function valueText(value: number): string {
  const size = Math.abs(value);
  const text = size !== 0 && (size < 1e-3 || size >= 1e5) ? size.toExponential(1) : String(Number(size.toPrecision(3)));
  return value < 0 ? `−${text}` : text;
}

/** A share as per cent, two digits. */
export function shareText(share: number): string {
  const percent = 100 * share;
  if (percent === 0) return 'none';
  return percent < 1e-3 ? 'under 0.001 %' : `${Number(percent.toPrecision(2))} %`;
}

/** What the config does with an activation. */
export function activationWords({ ranges }: ActivationValues, computes: OpValues['computes']): string {
  const used = ranges.find(({ isUsed }) => isUsed);
  if (used) {
    const clipped =
      used.clippedShare === 0 ? 'Nothing is clipped' : `${shareText(used.clippedShare)} of the values are clipped`;
    const source = used.method === null ? 'the range follows from the op' : `${used.title} range`;
    return `${clipped} (${source}); one step is ${valueText(used.stepSize)}.`;
  }
  if (ranges.length > 0) return 'Stays float here; the lines show the ranges that it would have in int8.';
  if (computes === 'dynamic') return 'Its range is measured at every run.';
  return computes === 'static' ? 'Not quantized: no int8 op reads it.' : 'Stays float here.';
}

export function activationLines({ ranges }: ActivationValues): RangeLine[] {
  return ranges.map(({ title, min, max, isUsed }) => ({ label: title, min, max, isUsed }));
}

/** How finely a weight is quantized, and how well. */
export function weightWords({ int8 }: WeightValues, computes: OpValues['computes']): string {
  if (!int8) return 'No int8 form of it is part of this tuning.';
  const { granularity, largest, median, sqnrDb } = int8;
  const mood = computes === 'float' ? 'Stays float here; in int8 it would have' : 'In int8 it has';
  const scales =
    granularity === 'per_tensor'
      ? `one scale, with steps of ${valueText(largest.stepSize)}`
      : `a scale per channel, with steps of ${valueText(median.stepSize)} in the median channel and ${valueText(largest.stepSize)} in the largest`;
  return `${mood} ${scales}.${sqnrDb === null ? '' : ` Signal to noise: ${decibelsText(sqnrDb)}.`}`;
}

export function weightLines({ int8 }: WeightValues): RangeLine[] {
  if (!int8) return [];
  const { granularity, largest, median } = int8;
  if (granularity === 'per_tensor') return [{ label: 'int8', min: largest.min, max: largest.max, isUsed: true }];
  return [
    { label: 'largest ch.', min: largest.min, max: largest.max, isUsed: true },
    { label: 'median ch.', min: median.min, max: median.max, isUsed: false },
  ];
}
