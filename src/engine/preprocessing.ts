import type { SourceFile } from '../data/dataset.ts';
import type { LoadRequest } from '../data/loaders/loader.ts';
import { openColumns, type OpenColumns } from '../data/open-columns.ts';
import { unpreparedSamples } from '../data/sample-kind.ts';
import { chainTransforms } from '../data/transforms/chain.ts';
import type { ClassOrder, Preprocessing, PreprocessingChoice, TriedPreprocessing } from '../history/preprocessing.ts';
import type { MetricPart } from '../metrics/metric.ts';
import { topk } from '../metrics/topk.ts';
import type { DataloaderSettings } from '../tuning/config/dataloader.ts';
import type { TuneSettings } from '../tuning/config/settings.ts';
import { calibrationArrays, evaluationArrays, statedClasses, withClasses } from './array-choice.ts';
import type { RunControl } from './control.ts';
import { planBatches } from './feed.ts';
import { findClassOrder } from './find-class-order.ts';
import {
  assumedPreprocessing,
  findPreprocessing,
  scorePreprocessing,
  usualPreprocessings,
  type PreprocessingSearch,
  type PreprocessingTask,
} from './find-preprocessing.ts';
import { openMetric, type OpenedModel } from './open-inputs.ts';
import { PLAIN_LOADER } from './plain-loader.ts';
import type { SessionPool } from './session-host-api.ts';

export interface Deciding {
  readonly opened: OpenedModel;
  /** Evaluation data; calibration data where there are no others. */
  readonly files: readonly SourceFile[];
  readonly settings: TuneSettings;
  /** Whether `files` without labels are a fault. */
  readonly needsLabels: boolean;
  /** Empty: evaluation data calibrate. */
  readonly calibration: readonly SourceFile[];
  /** By the user, or found before; its names and options are checked. */
  readonly chosen?: Preprocessing | undefined;
  readonly classNames?: readonly string[] | undefined;
  readonly pool: SessionPool;
  readonly control: RunControl;
  readonly onShare: (share: number) => void;
}

/**
 * What is done to the samples where the configuration states no transforms: what the user chose, the best of the usual ones, or what
 * is usual; and the order of classes that nothing lists. Null: the configuration says it, or nothing is to be done. Throws the faults
 * of data that cannot be opened.
 */
export async function decidePreprocessing(deciding: Deciding): Promise<Preprocessing | null> {
  const { settings, chosen } = deciding;
  if (statesTransforms(settings)) return null;
  if (chosen) {
    chainTransforms(chosen.transforms);
    return chosen;
  }
  const decision = await decideTransforms(deciding);
  const classOrder = await decideClassOrder(decision, deciding);
  if (!classOrder) return decision;
  const ordered = await decideTransforms({ ...deciding, settings: withClasses(settings, classOrder.names) });
  return { ...(ordered ?? samplesAsTheyAre(classOrder, settings)), classOrder };
}

/** A right answer in two cannot come from a wrong order of classes. */
const SURE_SCORE = 0.5;

async function decideClassOrder(decision: Preprocessing | null, deciding: Deciding): Promise<ClassOrder | null> {
  const { opened, files, settings, pool, control } = deciding;
  const columns = await openColumns(files, requestOf(deciding));
  const { labels, classNames = [], assumesOrder } = columns;
  if (!labels || !assumesOrder || labelShiftOf(settings) !== 0) return null;
  if (decision?.metric === topk.name && (decision.score ?? 0) >= SURE_SCORE) return null;
  const task = opened.info.inputs.length === 1 ? await taskOf(columns) : null;
  const candidates = task ? await usualPreprocessings(task) : [[]];
  const arrays = evaluationArrays(settings);
  const seed = settings.tuning.randomSeed;
  return findClassOrder({ opened, files, arrays, classNames, candidates, seed, pool, control });
}

/** For an order of classes where nothing else is to be done. */
function samplesAsTheyAre({ share, samples }: ClassOrder, settings: TuneSettings): Preprocessing {
  return {
    source: 'found',
    words: 'samples as they are',
    transforms: [],
    labelShift: labelShiftOf(settings),
    score: share,
    logProbability: null,
    samples,
    metric: topk.name,
    k: 1,
    isChance: false,
    runnersUp: [],
  };
}

function labelShiftOf({ evaluation }: TuneSettings): number {
  return evaluation.accuracy.postprocess.transform.labelShift;
}

async function decideTransforms(deciding: Deciding): Promise<Preprocessing | null> {
  const { opened, files, settings } = deciding;
  if (opened.info.inputs.length !== 1) return null;
  const request = requestOf(deciding);
  const columns = await openColumns(files, request);
  const task = await taskOf(columns);
  if (!task) return null;
  const decision = await decide(task, columns, deciding);
  if (!decision || deciding.calibration.length === 0) return decision;
  const own = calibrationArrays(settings);
  const other = { ...request, needsLabels: false, ...(own && { arrays: own }) };
  const calibration = await taskOf(await openColumns(deciding.calibration, other));
  return withCalibration(decision, task, calibration);
}

async function decide(
  task: PreprocessingTask,
  columns: OpenColumns,
  deciding: Deciding,
): Promise<Preprocessing | null> {
  const search = task.unprepared.scale === 'values' ? null : searchOf(task, columns, deciding);
  return (search && (await findPreprocessing(search))) ?? assume(task, deciding.settings);
}

/** How a preprocessing of the user's own does on a few samples; its score is null where there are no labels to judge by. */
export async function tryPreprocessing(choice: PreprocessingChoice, deciding: Deciding): Promise<TriedPreprocessing> {
  chainTransforms(choice.transforms);
  const words = choice.transforms.map(({ name }) => name).join(', ') || 'samples as they are';
  const columns = await openColumns(deciding.files, requestOf(deciding));
  const task = await taskOf(columns);
  const search = task && searchOf(task, columns, deciding);
  const score = search && (await scorePreprocessing(search, choice));
  return { words, score: null, logProbability: null, samples: 0, ...score, ...choice };
}

/** How the evaluation data are opened. */
function requestOf({ opened, settings, classNames, needsLabels }: Deciding): LoadRequest {
  const arrays = evaluationArrays(settings);
  const listed = statedClasses(settings) ?? classNames;
  return {
    inputs: opened.info.inputs,
    needsLabels,
    ...(listed && { classNames: listed }),
    ...(arrays && { arrays }),
  };
}

/** Null where nothing can judge. */
function searchOf(
  task: PreprocessingTask,
  columns: OpenColumns,
  { opened, settings, pool, control, onShare }: Deciding,
): PreprocessingSearch | null {
  const { input } = task;
  const metric = judgeOf(settings, columns);
  if (!metric || !columns.labels) return null;
  const sampleBytes = 4 * input.dims.slice(1).reduce<number>((product, dim) => product * (dim ?? 224), 1);
  return {
    ...task,
    pool,
    control,
    model: opened.loaded.bytes,
    output: opened.info.outputs[0] as string,
    labels: columns.labels,
    metric,
    labelShift: labelShiftOf(settings),
    batches: planBatches(input.dims[0] ?? null, sampleBytes),
    seed: settings.tuning.randomSeed,
    onShare,
  };
}

/** The settings with the decision in them, as if the configuration had stated it. */
export function withPreprocessing(settings: TuneSettings, decision: Preprocessing | null): TuneSettings {
  if (!decision) return settings;
  const { accuracy } = withClasses(settings, decision.classOrder?.names).evaluation;
  const dataloader: DataloaderSettings = { ...(accuracy.dataloader ?? PLAIN_LOADER), transform: decision.transforms };
  const postprocess = { transform: { labelShift: decision.labelShift } };
  const { calibrationTransforms: transform } = decision;
  const { quantization } = settings;
  const { calibration } = quantization;
  const own = transform && { ...calibration, dataloader: { ...(calibration.dataloader ?? PLAIN_LOADER), transform } };
  return {
    ...settings,
    quantization: own ? { ...quantization, calibration: own } : quantization,
    evaluation: { ...settings.evaluation, accuracy: { ...accuracy, dataloader, postprocess } },
  };
}

export function statesTransforms({ evaluation, quantization }: TuneSettings): boolean {
  const stated = [evaluation.accuracy.dataloader, quantization.calibration.dataloader];
  return stated.some((dataloader) => (dataloader?.transform.length ?? 0) > 0);
}

async function taskOf({ byInput }: OpenColumns): Promise<PreprocessingTask | null> {
  const [matched] = byInput;
  if (!matched) return null;
  const unprepared = await unpreparedSamples(matched.input, matched.column);
  return unprepared && { ...matched, unprepared };
}

/** Steps for calibration data that lie otherwise in their files: arrays that are ready, or have their channels elsewhere. */
function withCalibration(
  decision: Preprocessing,
  { unprepared: { geometry, scale } }: PreprocessingTask,
  calibration: PreprocessingTask | null,
): Preprocessing {
  const { transforms } = decision;
  if (!calibration) return { ...decision, calibrationTransforms: [{ name: 'Cast', options: { dtype: 'float32' } }] };
  const { from } = calibration.unprepared.geometry;
  if (from === geometry.from || calibration.unprepared.scale !== scale) return decision;
  const inner = geometry.from === 'channels-first' ? transforms.slice(1) : transforms;
  const toLast = { name: 'Transpose', options: { perm: [1, 2, 0] } };
  return { ...decision, calibrationTransforms: from === 'channels-first' ? [toLast, ...inner] : inner };
}

/** Values that may be the model's own are left as they are unless labels show better: that is no preprocessing. */
async function assume(task: PreprocessingTask, settings: TuneSettings): Promise<Preprocessing | null> {
  const { metric } = settings.evaluation.accuracy;
  const assumed = await assumedPreprocessing(task, labelShiftOf(settings), metric?.name ?? 'agreement');
  return assumed.transforms.length > 0 ? assumed : null;
}

/** The metric of the session where it compares with labels; top-1 where the session asks for agreement and there are labels. */
function judgeOf(settings: TuneSettings, { labels }: OpenColumns): MetricPart | null {
  if (!labels) return null;
  const own = openMetric(settings, { hasLabels: true });
  const part = own.metric.parts?.[0] ?? own;
  if (part.metric.compares(part.options) === 'labels') return part;
  return labels.dims.length === 1 ? { metric: topk, options: { k: 1 } } : null;
}
