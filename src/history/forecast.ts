/** What a config is expected to be, from a part of the samples and times of single ops. */
export interface Forecast {
  /** Samples that were run. */
  readonly samples: number;
  /** Of the score to the float model's on these samples, with its 95 % interval. */
  readonly difference: { readonly mean: number; readonly halfWidth: number };
  readonly sizeBytes: number;
  /** Latency divided by the float model's; null where a session without a cost table has a model that takes long. */
  readonly latencyRatio: number | null;
  /** Whether that comes from runs just now, in turns with float; else the cost table foretells it. */
  readonly isTimed: boolean;
  /** What the forecast took. */
  readonly seconds: number;
}
