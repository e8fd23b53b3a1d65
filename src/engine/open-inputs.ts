import type { Warning } from '../base/fault-codes.ts';
import { Fault } from '../base/fault.ts';
import { createRng } from '../base/rng.ts';
import { resolveOptions } from '../base/resolve-options.ts';
import { bytesPerElement, elementCount } from '../base/tensor.ts';
import type { Dataset, InputSpec, SourceFile } from '../data/dataset.ts';
import { holdOut, type Split } from '../data/hold-out.ts';
import { openDataset } from '../data/open-dataset.ts';
import { shiftLabels } from '../data/shift-labels.ts';
import { splitCalibration } from '../data/split-calibration.ts';
import { takeFirst } from '../data/subset.ts';
import { compositeMetric } from '../metrics/composite.ts';
import type { Metric, MetricPart } from '../metrics/metric.ts';
import { METRICS } from '../metrics/registry.ts';
import { checkModel } from '../onnx/check-model.ts';
import { loadModel, type LoadedModel } from '../onnx/load-model.ts';
import type { MultiMetrics } from '../tuning/config/multi-metrics.ts';
import type { NamedSpec } from '../tuning/config/named.ts';
import { defaultSettings, parseConfig, type ParsedConfig } from '../tuning/config/parse.ts';
import type { TuneSettings } from '../tuning/config/settings.ts';
import { calibrationArrays, evaluationArrays, statedClasses } from './array-choice.ts';
import { planBatches, type BatchPlan } from './feed.ts';
import { checkModelFits } from './model-memory.ts';
import type { TuneInput } from './tune-input.ts';
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
  /** What no trial sees; null where nothing is held out. */
  readonly holdOut: Dataset | null;
  /** Seed of the split, where one set of samples gave both. */
  readonly splitSeed?: number;
  readonly warnings: readonly Warning[];
}

interface DataOptions {
  readonly classNames?: readonly string[] | undefined;
  /** False: without calibration data the evaluation samples calibrate as well, as in sessions of early versions. */
  readonly splits?: boolean;
}

/** Opens the data for the model's inputs, with the transforms of the configuration. */
export async function openData(
  files: Pick<TuneInput, 'calibration' | 'evaluation' | 'holdOut'>,
  inputs: readonly InputSpec[],
  settings: TuneSettings,
  { classNames, splits = true }: DataOptions = {},
): Promise<OpenedData> {
  const all = await openEvaluation(files.evaluation, inputs, settings, classNames);
  const { rest: evaluation, heldOut } = await openHoldOut(files.holdOut ?? [], all, inputs, settings);
  const warnings = dataWarnings('evaluation-data', evaluation);
  if (files.calibration.length === 0) {
    const opened = calibrationOf(evaluation, settings, splits);
    return { ...opened, holdOut: heldOut, warnings: [...warnings, ...opened.warnings] };
  }
  const calibration = await openCalibration(files.calibration, inputs, settings);
  return {
    calibration,
    evaluation,
    holdOut: heldOut,
    warnings: [...warnings, ...dataWarnings('calibration-data', calibration)],
  };
}

/** Calibration samples out of the evaluation data: never the same ones, unless there are too few for both. */
function calibrationOf(evaluation: Dataset, settings: TuneSettings, splits: boolean): Omit<OpenedData, 'holdOut'> {
  const { randomSeed } = settings.tuning;
  const most = Math.max(...settings.quantization.calibration.samplingSizes);
  // Not the numbers of the hold-out, whose generator has the seed itself.
  const split = splits ? splitCalibration(evaluation, most, createRng(randomSeed + 1)) : null;
  const code = 'no-calibration-data';
  if (!split) {
    const message =
      'No calibration data: the first evaluation samples calibrate. Scores may look better than they are.';
    return { calibration: evaluation, evaluation, warnings: [{ code, message }] };
  }
  const { count } = split.calibration;
  const message = `No calibration data: ${count} of the evaluation samples, drawn by the seed, calibrate; the other ${split.evaluation.count} judge.`;
  return { ...split, splitSeed: randomSeed, warnings: [{ code, message }] };
}

/** Whether a metric that the configuration names compares with labels. */
export function needsLabels({ evaluation }: TuneSettings): boolean {
  const { metric, multiMetrics } = evaluation.accuracy;
  const chosen = multiMetrics?.metrics ?? (metric ? [metric] : []);
  return chosen.some(({ name, options }) => METRICS.get(name)?.compares(options) === 'labels');
}

/** Data to score on, with labels where the metric of the configuration compares with them. */
export async function openEvaluation(
  files: readonly SourceFile[],
  inputs: readonly InputSpec[],
  settings: TuneSettings,
  classNames?: readonly string[],
): Promise<Dataset> {
  const { dataloader } = settings.evaluation.accuracy;
  const labels = needsLabels(settings) ? 'required' : 'optional';
  const listed = statedClasses(settings) ?? classNames;
  const names = listed && { classNames: listed };
  const arrays = evaluationArrays(settings);
  const chosen = { ...names, ...(arrays && { arrays }) };
  const given = await openDataset(files, { inputs, transforms: dataloader?.transform ?? [], labels, ...chosen });
  return judged(given, settings.evaluation.accuracy);
}

/** A file of its own is held out whole; else a share of the evaluation samples is. */
async function openHoldOut(
  files: readonly SourceFile[],
  evaluation: Dataset,
  inputs: readonly InputSpec[],
  settings: TuneSettings,
): Promise<Split> {
  const { accuracy } = settings.evaluation;
  if (files.length === 0) return holdOut(evaluation, accuracy.holdOut, createRng(settings.tuning.randomSeed));
  const arrays = evaluationArrays(settings);
  const given = await openDataset(files, {
    inputs,
    ...(arrays && { arrays }),
    transforms: accuracy.dataloader?.transform ?? [],
    labels: evaluation.hasLabels ? 'required' : 'optional',
    ...(evaluation.classNames && { classNames: evaluation.classNames }),
  });
  return { rest: evaluation, heldOut: shiftLabels(given, accuracy.postprocess.transform.labelShift) };
}

/** Data to calibrate with; without transforms of their own, those of the evaluation data are theirs too. */
export async function openCalibration(
  files: readonly SourceFile[],
  inputs: readonly InputSpec[],
  settings: TuneSettings,
): Promise<Dataset> {
  const { quantization, evaluation } = settings;
  const arrays = calibrationArrays(settings);
  const transforms = quantization.calibration.dataloader?.transform ?? evaluation.accuracy.dataloader?.transform ?? [];
  return openDataset(files, { inputs, transforms, labels: 'optional', ...(arrays && { arrays }) });
}

export function dataWarnings(code: string, { warnings }: Dataset): Warning[] {
  return warnings.map((message) => ({ code, message }));
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
export function openMetric(settings: TuneSettings, evaluation: Pick<Dataset, 'hasLabels'>): MetricPart {
  const { metric: chosen, multiMetrics } = settings.evaluation.accuracy;
  if (multiMetrics) return { metric: openComposite(multiMetrics, settings), options: {} };
  return openPart(chosen ?? { name: evaluation.hasLabels ? 'topk' : 'agreement', options: {} });
}

function openPart({ name, options }: NamedSpec): MetricPart {
  const metric = METRICS.get(name);
  if (!metric) throw new Fault('internal', { message: `No metric is called ${name}` });
  return { metric, options: resolveOptions(metric.options, options, `metric ${name}`) };
}

/** Weights are positive, so that scores of which one should rise and another fall have no meaningful mean. */
function openComposite({ metrics, weight, higherIsBetter }: MultiMetrics, { tuning }: TuneSettings): Metric {
  const parts = metrics.map(openPart);
  const directions = higherIsBetter ?? parts.map(({ metric }) => metric.higherIsBetter);
  const asked = tuning.accuracyCriterion.higherIsBetter;
  const isMixed =
    new Set(directions).size > 1 || (higherIsBetter !== null && asked !== null && asked !== directions[0]);
  if (isMixed) {
    const found = parts.map(({ metric }, i) => `${metric.name}: ${directions[i] ? 'higher' : 'lower'} is better`);
    if (asked !== null) found.push(`accuracy_criterion: ${asked ? 'higher' : 'lower'} is better`);
    throw new Fault('config-contradiction', {
      message: 'The metrics do not agree on whether a higher score is better',
      place: 'evaluation.accuracy.multi_metrics',
      found: found.join(', '),
      accepted: 'metrics of one direction: one accuracy criterion judges them all',
      next: 'Keep the metrics of one direction, or correct higher_is_better.',
    });
  }
  return compositeMetric(parts, { weight, higherIsBetter: directions[0] ?? true });
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
