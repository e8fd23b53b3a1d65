import type { Clock } from '../base/clock.ts';
import type { Warning } from '../base/fault-codes.ts';
import type { SourceFile } from '../data/dataset.ts';
import type { Preprocessing } from '../history/preprocessing.ts';
import { scoresOf } from '../metrics/composite.ts';
import type { MetricScore } from '../metrics/metric.ts';
import type { RunControl } from './control.ts';
import { evaluateModel, type EvaluationSetup } from './evaluate.ts';
import { Feed } from './feed.ts';
import { compareLatency } from './latency.ts';
import { modelClassNames } from './model-class-names.ts';
import {
  dataWarnings,
  loadFitting,
  needsLabels,
  openEvaluation,
  openMetric,
  openSettings,
  planFeed,
} from './open-inputs.ts';
import { decidePreprocessing, withPreprocessing } from './preprocessing.ts';
import type { SessionPool, SessionWorker } from './session-host-api.ts';
import { withoutGpu } from './target.ts';

export interface ModelScore extends MetricScore {
  readonly metric: string;
  readonly samples: number;
  readonly latencyMs: number;
  readonly sizeBytes: number;
  readonly preprocessing: Preprocessing | null;
  readonly warnings: readonly Warning[];
}

/** Scores and times any model that the runtime accepts, quantized ones included. */
export async function scoreModel(
  input: {
    readonly model: readonly SourceFile[];
    readonly evaluation: readonly SourceFile[];
    readonly config?: { readonly text: string; readonly fileName: string };
  },
  platform: { readonly pool: SessionPool; readonly clock: Clock; readonly control: RunControl },
  onShare: (share: number) => void,
): Promise<ModelScore> {
  const { pool, clock, control } = platform;
  const { settings: given, warnings } = openSettings(input.config);
  if (given.device === 'gpu') throw withoutGpu();
  const loaded = await loadFitting(input.model);
  const worker = pool.workers[0] as SessionWorker;
  const info = await worker.api.open('probe', loaded.bytes, 'all');
  await worker.api.close('probe');
  const classNames = modelClassNames(loaded);
  const preprocessing = await decidePreprocessing({
    opened: { loaded, info },
    files: input.evaluation,
    calibration: [],
    needsLabels: needsLabels(given),
    settings: given,
    classNames,
    pool,
    control,
    onShare: () => undefined,
  });
  const settings = withPreprocessing(given, preprocessing);
  const data = await openEvaluation(input.evaluation, info.inputs, settings, classNames);
  const { metric, options } = openMetric(settings, data);
  const { plan } = await planFeed(info.inputs, data);
  const setup: EvaluationSetup = {
    pool,
    feed: new Feed('evaluation', data, plan),
    metric,
    metricOptions: options,
    output: info.outputs[0] as string,
    control,
    clock,
  };
  const outcome = await evaluateModel(setup, 'model', loaded.bytes, {
    keepReference: metric.compares(options) === 'reference',
    onSamples: (done) => onShare(done / setup.feed.count),
  });
  const { latencyMs } = await compareLatency(pool, setup.feed, loaded.bytes, loaded.bytes, { rounds: 1 });
  return {
    metric: metric.name,
    ...scoresOf(metric, outcome.values),
    samples: outcome.samplesEvaluated,
    latencyMs,
    sizeBytes: loaded.bytes.length,
    preprocessing,
    warnings: [...warnings, ...loaded.warnings, ...dataWarnings('evaluation-data', data)],
  };
}
