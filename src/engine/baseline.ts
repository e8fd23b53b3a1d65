import type { SessionRecord } from '../history/session-record.ts';
import { scoresOf } from '../metrics/composite.ts';
import { footprintBytes } from '../quantize/footprint.ts';
import type { PreparedModel } from '../quantize/prepared-model.ts';
import type { Baseline } from '../tuning/types.ts';
import { evaluateModel, type EvaluationSetup } from './evaluate.ts';
import type { TuneEvent } from './events.ts';
import { compareLatency } from './latency.ts';
import { progressReporter } from './progress.ts';
import { retryDeadWorker } from './retry.ts';

/** The baseline and what it was made of; decisions are not stored with it. */
export interface MeasuredBaseline extends Measured {
  readonly baseline: Baseline;
}

/** What a model gave on each sample, in the order of the data. */
export interface Measured {
  readonly values: ArrayLike<number>;
  /** See `decisionsOf`. */
  readonly decisions: Float32Array | null;
}

/**
 * Score, latency and size of the float model as it was given. A stored baseline is reused, unless the metric compares with the
 * float model's outputs, which no store holds: then the outputs are made again.
 */
export async function measureBaseline(
  setup: EvaluationSetup,
  model: Uint8Array,
  stored: SessionRecord['baseline'],
  emit: (event: TuneEvent) => void,
  { graph, infos }: PreparedModel,
): Promise<MeasuredBaseline> {
  const comparesWith = setup.metric.compares(setup.metricOptions);
  if (stored && comparesWith === 'labels') return { ...stored, decisions: null };
  const detail = `Scoring the float model on ${setup.feed.count} samples`;
  emit({ type: 'stage', stage: 'baseline', detail });
  const report = progressReporter(setup.clock, emit, 'baseline', detail);
  const started = setup.clock();
  const onSamples = (done: number): void => report(done / setup.feed.count);
  const outcome = await retryDeadWorker(() =>
    evaluateModel(setup, 'float', model, { onSamples, keepReference: comparesWith === 'reference' }),
  );
  if (stored) return { ...stored, ...pick(outcome) };
  const { floatLatencyMs } = await compareLatency(setup.pool, setup.feed, model, model, { rounds: 1 });
  const baseline: Baseline = {
    ...scoresOf(setup.metric, outcome.values),
    latencyMs: floatLatencyMs,
    sizeBytes: model.length,
    footprintBytes: footprintBytes(graph, infos),
    seconds: (setup.clock() - started) / 1000,
    samples: outcome.samplesEvaluated,
  };
  return { baseline, ...pick(outcome) };
}

function pick({ values, decisions }: Measured): Measured {
  return { values, decisions };
}
