import type { Warning } from '../base/fault-codes.ts';
import { Fault } from '../base/fault.ts';
import type { OptionValues } from '../base/options.ts';
import { resolveOptions } from '../base/resolve-options.ts';
import { bytesPerElement, elementCount } from '../base/tensor.ts';
import type { Dataset, InputSpec, SourceFile } from '../data/dataset.ts';
import { openDataset } from '../data/open-dataset.ts';
import { shiftLabels } from '../data/shift-labels.ts';
import { takeFirst } from '../data/subset.ts';
import type { Metric } from '../metrics/metric.ts';
import { METRICS } from '../metrics/registry.ts';
import { checkModel } from '../onnx/check-model.ts';
import { loadModel, type LoadedModel } from '../onnx/load-model.ts';
import { defaultSettings, parseConfig, type ParsedConfig } from '../tuning/config/parse.ts';
import type { TuneSettings } from '../tuning/config/settings.ts';
import { planBatches, type BatchPlan } from './feed.ts';
import { checkModelFits } from './model-memory.ts';
import type { SessionInfo, SessionPool, SessionWorker } from './session-host-api.ts';
import { vocabulary } from './vocabulary.ts';

/** A model that a session has been created for: readable, known to the runtime, with the inputs that data must fit. */
export interface OpenedModel {
  readonly loaded: LoadedModel;
  readonly info: SessionInfo;
}

/** Reads and checks the model and creates a session once, so that unknown operators are named before anything else happens. */
export async function openModel(files: readonly SourceFile[], pool: SessionPool): Promise<OpenedModel> {
  const loaded = await loadFitting(files);
  try {
    checkModel(loaded.model);
    const { api } = pool.workers[0] as SessionWorker;
    const info = await api.open('probe', loaded.bytes, 'all');
    await api.close('probe');
    return { loaded, info };
  } catch (thrown) {
    const fault = Fault.from(thrown);
    throw new Fault(fault.code, { file: loaded.path, ...fault.details }, { cause: fault });
  }
}

/** Loads a model that the runtime has memory for; the size of the file decides before it is read. Throws `model-too-large`. */
export async function loadFitting(files: readonly SourceFile[]): Promise<LoadedModel> {
  for (const { path, blob } of files) if (/\.onnx$/i.test(path)) checkModelFits(path, blob.size);
  const loaded = await loadModel(files);
  checkModelFits(loaded.path, loaded.bytes.length);
  return loaded;
}

export interface OpenedData {
  readonly calibration: Dataset;
  readonly evaluation: Dataset;
  readonly warnings: readonly Warning[];
}

/** Opens the data for the model's inputs, with the transforms of the configuration. */
export async function openData(
  files: { readonly calibration: readonly SourceFile[]; readonly evaluation: readonly SourceFile[] },
  inputs: readonly InputSpec[],
  settings: TuneSettings,
): Promise<OpenedData> {
  const { metric, dataloader } = settings.evaluation.accuracy;
  const needsLabels = metric !== null && METRICS.get(metric.name)?.compares(metric.options) === 'labels';
  const given = await openDataset(files.evaluation, {
    inputs,
    transforms: dataloader?.transform ?? [],
    labels: needsLabels ? 'required' : 'optional',
  });
  const evaluation = judged(given, settings.evaluation.accuracy);
  const warnings = evaluation.warnings.map((message) => ({ code: 'evaluation-data', message }));
  if (files.calibration.length === 0) {
    const message =
      'No calibration data: the first evaluation samples calibrate. Scores may look better than they are.';
    return { calibration: evaluation, evaluation, warnings: [...warnings, { code: 'no-calibration-data', message }] };
  }
  const calibration = await openDataset(files.calibration, {
    inputs,
    transforms: settings.quantization.calibration.dataloader?.transform ?? dataloader?.transform ?? [],
    labels: 'optional',
  });
  const more = calibration.warnings.map((message) => ({ code: 'calibration-data', message }));
  return { calibration, evaluation, warnings: [...warnings, ...more] };
}

/** What of the evaluation data is scored: the first `iteration` batches, with labels shifted, where the configuration says so. */
function judged(
  dataset: Dataset,
  { iteration, dataloader, postprocess }: TuneSettings['evaluation']['accuracy'],
): Dataset {
  const shifted = shiftLabels(dataset, postprocess.transform.labelShift);
  return iteration === -1 ? shifted : takeFirst(shifted, iteration * (dataloader?.batchSize ?? 1));
}

export function openSettings(config?: { text: string; fileName: string }): ParsedConfig {
  if (!config) return { settings: defaultSettings(vocabulary), warnings: [] };
  return parseConfig(config.text, vocabulary, config.fileName);
}

/** The metric of the configuration; without one, top-1 where the data have labels, else agreement with the float model. */
export function openMetric(settings: TuneSettings, evaluation: Dataset): { metric: Metric; options: OptionValues } {
  const { metric: chosen, multiMetrics } = settings.evaluation.accuracy;
  if (multiMetrics) {
    throw new Fault('config-unsupported', {
      message: 'Octet judges by one metric so far',
      place: 'evaluation.accuracy.multi_metrics',
      accepted: `metric: one of ${[...METRICS.keys()].join(', ')}`,
      next: 'Replace multi_metrics by the metric that matters most.',
    });
  }
  const { name, options } = chosen ?? {
    name: evaluation.hasLabels ? 'topk' : 'agreement',
    options: {},
  };
  const metric = METRICS.get(name);
  if (!metric) throw new Fault('internal', { message: `No metric is called ${name}` });
  return { metric, options: resolveOptions(metric.options, options, `metric ${name}`) };
}

/** Batch plan and dims of one sample for each input, from the model's inputs and the first sample. */
export async function planFeed(
  inputs: SessionInfo['inputs'],
  dataset: Dataset,
): Promise<{ plan: BatchPlan; inputDims: Record<string, number[]> }> {
  const first = await dataset.read(0, 1);
  const batchDim = inputs[0]?.dims[0] ?? null;
  const sampleBytes = Object.values(first.inputs).reduce(
    (sum, { type, dims }) => sum + bytesPerElement(type) * elementCount(dims),
    0,
  );
  const inputDims = Object.fromEntries(
    Object.entries(first.inputs).map(([name, { dims }]) => [name, [batchDim ?? 1, ...dims.slice(1)]]),
  );
  return { plan: planBatches(batchDim, sampleBytes), inputDims };
}
