/** What a config is expected to be, from a part of the samples and times of single ops. */
export interface Forecast {
  /** Samples that were run. */
  readonly samples: number;
  /** Of the score to the float model's on these samples, with its 95 % interval. */
  readonly difference: { readonly mean: number; readonly halfWidth: number };
  readonly sizeBytes: number;
  /** Latency divided by the float model's, foretold by the cost table; null without one. */
  readonly latencyRatio: number | null;
  /** What the forecast took. */
  readonly seconds: number;
}
