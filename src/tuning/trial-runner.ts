import type { Trial, TuneConfig } from './types.ts';

/** An int8 model ready to run. */
export interface BuiltModel {
  readonly modelSha256: string;
  readonly sizeBytes: number;
  readonly footprintBytes?: number;
}

export interface Evaluation {
  /** Pruned: ended early because the verdict could no longer change; the score stands for the samples seen. */
  readonly status: 'complete' | 'pruned';
  readonly score: number;
  readonly scores?: Trial['scores'];
  readonly samplesEvaluated: number;
  readonly difference: Trial['difference'];
  readonly differences?: Trial['differences'];
  readonly simulated?: Trial['simulated'];
}

export interface Timing {
  readonly latencyMs: number;
  /** Distance between the quartiles of the runs. */
  readonly latencySpreadMs?: number;
  /** To the float model, timed in turns. */
  readonly latencyRatio: number;
}

/** Runs the steps of a trial. Faults fail the trial; `cancelled` and `worker-start-failed` end the run. */
export interface TrialRunner<Model extends BuiltModel = BuiltModel> {
  build(config: TuneConfig, signal: AbortSignal): Promise<Model>;
  evaluate(model: Model, config: TuneConfig, signal: AbortSignal): Promise<Evaluation>;
  /** Called only for models that meet the criterion. */
  time(model: Model, config: TuneConfig, signal: AbortSignal): Promise<Timing>;
}
