import { describe, expect, it } from 'vitest';
import { Fault } from '../base/fault.ts';
import { toFloat16Bits } from '../base/float16.ts';
import { resolveOptions } from '../base/resolve-options.ts';
import type { Tensor } from '../base/tensor.ts';
import type { MeasuredBatch } from './metric.ts';
import { METRICS } from './registry.ts';

const float = (dims: number[], values: number[]): Tensor => ({
  type: 'float32',
  dims,
  data: Float32Array.from(values),
});
const int64 = (dims: number[], values: number[]): Tensor => ({
  type: 'int64',
  dims,
  data: BigInt64Array.from(values, BigInt),
});
const int32 = (dims: number[], values: number[]): Tensor => ({ type: 'int32', dims, data: Int32Array.from(values) });

function measure(
  name: string,
  batch: MeasuredBatch,
  given: Record<string, unknown> = {},
): { values: number[]; score: number } {
  const metric = METRICS.get(name)!;
  const values = metric.measure(batch, resolveOptions(metric.options, given, name));
  for (const value of values) {
    expect(value).toBeGreaterThanOrEqual(metric.range.min);
    expect(value).toBeLessThanOrEqual(metric.range.max);
  }
  return { values: [...values], score: metric.score(values) };
}

function faultOf(action: () => unknown): Fault {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

describe('topk', () => {
  const scores = float([3, 3], [0.1, 0.7, 0.2, 0.5, 0.5, 0.1, 0.3, 0.3, 0.3]);

  it('counts the first of equal outputs as the largest', () => {
    expect(measure('topk', { outputs: [scores], labels: int64([3], [1, 0, 0]) }).values).toEqual([1, 1, 1]);
    expect(measure('topk', { outputs: [scores], labels: int64([3], [1, 1, 2]) }).values).toEqual([1, 0, 0]);
  });

  it('looks at the k largest', () => {
    expect(measure('topk', { outputs: [scores], labels: int32([3], [2, 1, 2]) }, { k: 2 }).values).toEqual([1, 1, 0]);
    expect(measure('topk', { outputs: [scores], labels: int32([3], [0, 2, 2]) }, { k: 5 }).score).toBe(1);
  });

  it('reads one-hot labels, columns of labels and float labels', () => {
    const oneHot = float([3, 3], [0, 1, 0, 0, 1, 0, 0, 0, 1]);
    expect(measure('topk', { outputs: [scores], labels: oneHot }).values).toEqual([1, 0, 0]);
    expect(measure('topk', { outputs: [scores], labels: int64([3, 1], [1, 1, 2]) }).values).toEqual([1, 0, 0]);
    expect(measure('topk', { outputs: [scores], labels: float([3], [1, 1, 2]) }).values).toEqual([1, 0, 0]);
  });

  it('scores float16 outputs and outputs with trailing dimensions of 1', () => {
    const half: Tensor = {
      type: 'float16',
      dims: [1, 3, 1, 1],
      data: Uint16Array.from([-1, -3, -2].map(toFloat16Bits)),
    };
    expect(measure('topk', { outputs: [half], labels: int64([1], [0]) }).score).toBe(1);
  });

  it('never takes NaN for right', () => {
    const broken = float([2, 2], [NaN, NaN, NaN, 5]);
    expect(measure('topk', { outputs: [broken], labels: int64([2], [0, 1]) }).values).toEqual([0, 0]);
  });

  it('names the sample whose label is no class', () => {
    const outside = faultOf(() =>
      measure('topk', { outputs: [scores], labels: int64([3], [1, 3, 0]), samples: [7, 41, 9] }),
    );
    expect(outside.code).toBe('data-labels-range');
    expect(outside.details.place).toContain('41');
    const soft = float([3, 3], [0, 1, 0, 0.5, 0.5, 0, 0, 0, 1]);
    expect(faultOf(() => measure('topk', { outputs: [scores], labels: soft })).code).toBe('data-labels-range');
    expect(faultOf(() => measure('topk', { outputs: [scores], labels: int64([3], [-1, 0, 0]) })).code).toBe(
      'data-labels-range',
    );
  });

  it('says when labels are missing or too few', () => {
    expect(faultOf(() => measure('topk', { outputs: [scores] })).code).toBe('data-labels-missing');
    expect(faultOf(() => measure('topk', { outputs: [scores], labels: int64([2], [0, 0]) })).code).toBe(
      'data-labels-count',
    );
  });
});

describe('Accuracy', () => {
  it('compares the largest output with the class', () => {
    const scores = float([2, 3], [0, 2, 1, 3, 0, 0]);
    expect(measure('Accuracy', { outputs: [scores], labels: int64([2], [1, 2]) }).values).toEqual([1, 0]);
    expect(measure('Accuracy', { outputs: [scores], labels: float([2, 3], [0, 1, 0, 1, 0, 0]) }).score).toBe(1);
  });

  it('compares answers that are whole numbers', () => {
    expect(measure('Accuracy', { outputs: [int64([3], [4, 2, 7])], labels: int32([3], [4, 1, 7]) }).values).toEqual([
      1, 0, 1,
    ]);
  });

  it('takes one probability for a yes from 0.5 on', () => {
    expect(
      measure('Accuracy', { outputs: [float([3, 1], [0.9, 0.5, 0.2])], labels: int64([3], [1, 0, 0]) }).values,
    ).toEqual([1, 0, 1]);
  });

  it('weighs each answer of a multilabel output', () => {
    const batch = { outputs: [float([1, 4], [0.9, 0.1, 0.8, 0.2])], labels: int64([1, 4], [1, 0, 0, 0]) };
    expect(measure('Accuracy', batch, { multilabel: true }).score).toBe(0.75);
  });

  it('finds the classes along axis 1 and along the last axis', () => {
    const first = float([1, 2, 3], [0, 5, 0, 1, 0, 1]);
    const last = float([1, 3, 2], [0, 1, 5, 0, 0, 1]);
    const labels = int64([1, 3], [1, 0, 0]);
    expect(measure('Accuracy', { outputs: [first], labels }).score).toBeCloseTo(2 / 3);
    expect(measure('Accuracy', { outputs: [last], labels }).score).toBeCloseTo(2 / 3);
  });
});

describe('F1', () => {
  it('counts what two sequences share, each value as often as in both', () => {
    const outputs = [int64([2, 4], [1, 1, 2, 3, 5, 5, 5, 5])];
    const labels = int64([2, 4], [1, 2, 2, 4, 6, 6, 6, 6]);
    expect(measure('F1', { outputs, labels }).values).toEqual([0.5, 0]);
  });
});

describe('deviations', () => {
  const outputs = [float([2, 2], [1, 2, 3, 4])];
  const labels = float([2, 2], [1, 0, 0, 4]);

  it('averages over all values', () => {
    expect(measure('MSE', { outputs, labels }).score).toBe((4 + 9) / 4);
    expect(measure('RMSE', { outputs, labels }).score).toBe(Math.sqrt(13 / 4));
    expect(measure('MAE', { outputs, labels }).score).toBe(5 / 4);
  });

  it('compares with the float model on request', () => {
    const options = { compare_label: false };
    expect(METRICS.get('MSE')!.compares(options)).toBe('reference');
    expect(METRICS.get('MSE')!.compares({ compare_label: true })).toBe('labels');
    expect(measure('MAE', { outputs, reference: [float([2, 2], [1, 2, 3, 0])] }, options).score).toBe(1);
  });

  it('refuses labels of another size', () => {
    expect(faultOf(() => measure('MSE', { outputs, labels: int64([2], [0, 1]) })).code).toBe('data-labels-range');
  });
});

describe('ctc_exact_match', () => {
  /** One-hot scores for a path of classes. */
  const path = (...classes: number[]): number[] =>
    classes.flatMap((best) => Array.from({ length: 5 }, (_, c) => Number(c === best)));
  const read = (classes: number[], label: number[], options = {}): number =>
    measure(
      'ctc_exact_match',
      { outputs: [float([1, classes.length, 5], path(...classes))], labels: int64([1, label.length], label) },
      options,
    ).score;

  it('merges repeats, drops blanks and the padding of labels', () => {
    expect(read([1, 1, 0, 1, 2, 2], [1, 1, 2, 0, 0])).toBe(1);
    expect(read([1, 1, 1, 1, 2, 2], [1, 1, 2, 0, 0])).toBe(0);
    expect(read([0, 0, 0], [0, 0])).toBe(1);
    expect(read([1, 2], [1, 2, 3])).toBe(0);
  });

  it('cuts spaces off both ends, not from the middle', () => {
    expect(read([4, 1, 4, 2, 4], [1, 4, 2], { space: 4 })).toBe(1);
    expect(read([1, 4, 2], [4, 1, 4, 2, 4, 0], { space: 4 })).toBe(1);
    expect(read([1, 2], [1, 4, 2], { space: 4 })).toBe(0);
    expect(read([4, 1], [1])).toBe(0);
  });

  it('takes another blank and another padding', () => {
    expect(read([4, 0, 4, 0], [0, 0, -1], { blank: 4, padding: -1 })).toBe(1);
  });

  it('refuses labels beyond the classes and outputs that are no sequences', () => {
    expect(faultOf(() => read([1], [5])).code).toBe('data-labels-range');
    const flat = { outputs: [float([1, 2], [0, 1])], labels: int64([1], [1]) };
    expect(faultOf(() => measure('ctc_exact_match', flat)).code).toBe('config-contradiction');
  });
});

describe('label-free metrics', () => {
  it('agreement counts the same decisions', () => {
    const outputs = [float([2, 2, 2], [0, 1, 1, 0, 0, 1, 0, 1])];
    const reference = [float([2, 2, 2], [0, 9, 9, 0, 0, 9, 9, 0])];
    expect(measure('agreement', { outputs, reference }).values).toEqual([1, 0.5]);
    expect(measure('agreement', { outputs: [int64([2], [3, 4])], reference: [int64([2], [3, 5])] }).values).toEqual([
      1, 0,
    ]);
  });

  it('agreement refuses outputs without a choice, and never agrees on NaN', () => {
    const single = [float([2, 1], [0, 1])];
    expect(faultOf(() => measure('agreement', { outputs: single, reference: single })).code).toBe(
      'config-contradiction',
    );
    const broken = [float([1, 2], [NaN, NaN])];
    expect(measure('agreement', { outputs: broken, reference: [float([1, 2], [1, 0])] }).score).toBe(0);
  });

  it('cosine compares directions', () => {
    const outputs = [float([4, 2], [2, 0, 0, 3, -1, 0, 0, 0])];
    const reference = [float([4, 2], [1, 0, 1, 0, 1, 0, 0, 0])];
    expect(measure('cosine', { outputs, reference }).values).toEqual([1, 0, -1, 1]);
  });

  it('asks for the reference', () => {
    expect(faultOf(() => measure('cosine', { outputs: [float([1, 2], [0, 1])] })).code).toBe('internal');
  });
});
