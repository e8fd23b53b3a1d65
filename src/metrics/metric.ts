import type { Tensor } from '../base/tensor.ts';
import type { OptionSchema, OptionValues } from '../base/options.ts';

/** What one batch gave: every output with samples along the first dimension, and what to compare it with. */
export interface MeasuredBatch {
  readonly outputs: readonly Tensor[];
  /** Number of each row in its dataset, for messages; by default from 0 on. */
  readonly samples?: ArrayLike<number>;
  /** Labels of the batch, first dimension = samples; absent where the data have none. */
  readonly labels?: Tensor;
  /** The float model's outputs for the same samples; present iff the metric's `compares` says 'reference'. */
  readonly reference?: readonly Tensor[];
}

/** A metric with its options. */
export interface MetricPart {
  readonly metric: Metric;
  readonly options: OptionValues;
}

/** What a model scored: by the metric, and where that is composed of several, by each of them. */
export interface MetricScore {
  readonly score: number;
  /** By the name of the metric; absent unless there are several. */
  readonly scores?: Readonly<Record<string, number>>;
}

/**
 * A score built from one value per sample, so that samples can be evaluated anywhere, in any order, and compared in pairs.
 * One file and one line in `registry.ts` per metric.
 */
export interface Metric {
  /** The YAML key under `evaluation.accuracy.metric`. */
  readonly name: string;
  readonly help: string;
  readonly options: OptionSchema;
  readonly higherIsBetter: boolean;
  /** What `measure` needs beside the outputs; an option may decide it (MSE's compare_label). */
  compares(options: OptionValues): 'labels' | 'reference';
  /**
   * Values lie in [min, max]; lets an evaluation stop early once the verdict is certain. Infinite where unbounded, and where the
   * score is not the mean.
   */
  readonly range: { readonly min: number; readonly max: number };
  /** One value per sample of the batch. Throws `data-labels-*` faults. */
  measure(batch: MeasuredBatch, options: OptionValues): Float64Array;
  /** Score from the values of all samples: the mean, unless the metric says otherwise (RMSE). */
  score(values: Float64Array): number;
  /** Score of all samples from those of disjoint parts; absent: their mean, weighed by samples. */
  combine?(parts: readonly (MetricScore & { readonly samples: number })[]): number;
  /** What a composite is made of: its values are those of the first metric for all samples, then those of the second … */
  readonly parts?: readonly MetricPart[];
}
