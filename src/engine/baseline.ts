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
): Promise<{ baseline: Baseline; values: ArrayLike<number> }> {
  const comparesWith = setup.metric.compares(setup.metricOptions);
  if (stored && comparesWith === 'labels') return stored;
  const detail = `Scoring the float model on ${setup.feed.count} samples`;
  emit({ type: 'stage', stage: 'baseline', detail });
  const report = progressReporter(setup.clock, emit, 'baseline', detail);
  const started = setup.clock();
  const onSamples = (done: number): void => report(done / setup.feed.count);
  const outcome = await retryDeadWorker(() =>
    evaluateModel(setup, 'float', model, { onSamples, keepReference: comparesWith === 'reference' }),
  );
  if (stored) return { ...stored, values: outcome.values };
  const { floatLatencyMs } = await compareLatency(setup.pool, setup.feed, model, model);
  const baseline: Baseline = {
    ...scoresOf(setup.metric, outcome.values),
    latencyMs: floatLatencyMs,
    sizeBytes: model.length,
    footprintBytes: footprintBytes(graph, infos),
    seconds: (setup.clock() - started) / 1000,
    samples: outcome.samplesEvaluated,
  };
  return { baseline, values: outcome.values };
}
