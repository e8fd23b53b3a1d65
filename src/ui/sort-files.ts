import type { SourceFile } from '../base/source-file.ts';
import { baseName } from './format.ts';

/** What a session is made of. */
export type Slot = 'model' | 'calibration' | 'evaluation' | 'holdOut' | 'config' | 'strategy';

type DataSlot = 'calibration' | 'evaluation' | 'holdOut';

export type Slots = Readonly<Record<Slot, readonly SourceFile[]>>;

export const EMPTY_SLOTS: Slots = { model: [], calibration: [], evaluation: [], holdOut: [], config: [], strategy: [] };

/** Files that are a model, or that somebody takes for one: the engine then says what they are. */
const MODEL = /\.(onnx|ort|pt|pth|tflite|pb|h5|keras|safetensors|gguf|mlmodel)$/i;
/** Weights beside a model. */
const WEIGHTS = /\.(data|onnx_data|bin|weights?)$/i;
/** Files that hold files, and may have to be taken apart. */
const ARCHIVE = /\.(zip|tar|tgz|tar\.gz)$/i;
const CONFIG = /\.ya?ml$/i;
/** A strategy of the user's own: code, which runs only if he says so. */
const STRATEGY = /\.m?js$/i;
/** Tensors of a model's test cases, and raw arrays whose name states their shape: data all the same. */
const TENSOR = /(^|\/)(input|output|labels?)(_\d+)?\.pb$/i;
const RAW_ARRAY = /(^|[._-])(\d+(x\d+)+|labels?|data_batch_\d+)([._-][^/]*)?\.bin$/i;
/** Lists of class names, and what states the shape of a raw array. */
const BESIDE_DATA = /(^|\/)(labels?|class(es)?([_-]?names?)?|id2label|[^/]*\.bin)\.json$/i;
const RAW = /\.bin$/i;
const RAW_LABELS = /(^|[./_-])labels?([._-][^/]*)?\.bin$/i;
/** Data whose names have no ending: IDX, CIFAR. */
const DATA_NAME = /idx\d|ubyte$|_batch(_\d+)?$/i;
/** What lies beside data in a folder, but is none. */
const BESIDE = /\.(md|json|py|ipynb|html|pdf|log|toml)$|(^|\/)(licen[cs]e|readme)[^/]*$/i;
const CLUTTER = /(^|\/)(\.[^/]*|thumbs\.db|desktop\.ini|__macosx\/.*)$/i;

const CALIBRATION_WORD = /^(calib|train)/;
/** Data that no trial may see. */
const HOLD_OUT_WORD = /^(hold|holdout|held|heldout|unseen)$/;
const EVALUATION_WORD = /^(eval|val|test|dev$|t10k)/;

export function isArchive({ path }: SourceFile): boolean {
  return ARCHIVE.test(path);
}

/** The purpose that a path names, looked for from the file name outwards. */
function hintOf(path: string): DataSlot | null {
  for (const part of path.toLowerCase().split('/').reverse()) {
    for (const word of part.split(/[^a-z0-9]+/)) {
      if (HOLD_OUT_WORD.test(word)) return 'holdOut';
      if (CALIBRATION_WORD.test(word)) return 'calibration';
      if (EVALUATION_WORD.test(word)) return 'evaluation';
    }
  }
  return null;
}

/** Exporters write weights under any name, often without an ending, into the folder of the model; data of such names say what they are. */
function isUnnamedWeights(path: string, models: readonly SourceFile[]): boolean {
  const folder = folderOf(path);
  const isBeside =
    folder !== '' && models.some((model) => /\.onnx$/i.test(model.path) && folderOf(model.path) === folder);
  return isBeside && !/\.[^./]+$/.test(path) && !DATA_NAME.test(path) && hintOf(baseName(path)) === null;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/**
 * Puts dropped files where they belong: by extension, data by the words in their paths; data without a hint evaluate, or
 * calibrate where evaluation data are there already. A new model or configuration replaces the old one. Documents and
 * scripts that come with a folder are put `aside`, named; alone they count as data, so that the engine says what it wants.
 */
export function sortFiles(
  slots: Slots,
  dropped: readonly SourceFile[],
): { readonly slots: Slots; readonly aside: readonly string[] } {
  const tidy = dropped.filter(({ path }) => !CLUTTER.test(path));
  const paths = new Set(tidy.map(({ path }) => path));
  const hasShape = (path: string): boolean => RAW.test(path) && paths.has(path.replace(RAW, '.json'));
  const statesShape = (path: string): boolean => /\.json$/i.test(path) && paths.has(path.replace(/json$/i, 'bin'));
  const useful = tidy.filter(({ path }) => !BESIDE.test(path) || BESIDE_DATA.test(path) || statesShape(path));
  const files = useful.length > 0 ? useful : tidy;
  const models = files.filter(({ path }) => MODEL.test(path) && !TENSOR.test(path));
  const hasModel = models.length > 0 || slots.model.length > 0;
  const comesWithLabels = models.length === 0 && files.some(({ path }) => RAW_LABELS.test(path));
  const isRaw = (path: string): boolean =>
    RAW_ARRAY.test(path) || hasShape(path) || (RAW.test(path) && comesWithLabels);
  const isWeights = (path: string): boolean => WEIGHTS.test(path) && !isRaw(path) && hintOf(path) === null;
  const weights = hasModel ? files.filter(({ path }) => isWeights(path) || isUnnamedWeights(path, models)) : [];
  const configs = files.filter(({ path }) => CONFIG.test(path));
  const strategies = files.filter(({ path }) => STRATEGY.test(path));
  const placed = new Set([...models, ...weights, ...configs, ...strategies]);
  const data = sortData(
    slots,
    files.filter((file) => !placed.has(file)),
  );
  return {
    slots: {
      model: models.length > 0 ? [...models, ...weights] : merge(slots.model, weights),
      calibration: merge(slots.calibration, data.calibration),
      evaluation: merge(slots.evaluation, data.evaluation),
      holdOut: merge(slots.holdOut, data.holdOut),
      config: configs.length > 0 ? configs.slice(-1) : slots.config,
      strategy: strategies.length > 0 ? strategies.slice(-1) : slots.strategy,
    },
    aside: tidy.filter((file) => !files.includes(file)).map(({ path }) => baseName(path)),
  };
}

function sortData(slots: Slots, data: readonly SourceFile[]): Pick<Slots, DataSlot> {
  const holdOut = data.filter(({ path }) => hintOf(path) === 'holdOut');
  const hinted = (slot: DataSlot | null): SourceFile[] => data.filter(({ path }) => hintOf(path) === slot);
  const [calibration, evaluation, rest] = [hinted('calibration'), hinted('evaluation'), hinted(null)];
  const calibrates =
    (evaluation.length > 0 || slots.evaluation.length > 0) &&
    calibration.length === 0 &&
    slots.calibration.length === 0;
  return calibrates
    ? { calibration: rest, evaluation, holdOut }
    : { calibration, evaluation: [...evaluation, ...rest], holdOut };
}

/** Files of the same path are replaced. */
function merge(have: readonly SourceFile[], more: readonly SourceFile[]): readonly SourceFile[] {
  const paths = new Set(more.map(({ path }) => path));
  return [...have.filter(({ path }) => !paths.has(path)), ...more];
}

/** Files as one drops and moves them: a loose file, or all that share the outermost folder. */
export interface FileGroup {
  readonly name: string;
  readonly files: readonly SourceFile[];
  readonly sizeBytes: number;
}

export function groupFiles(files: readonly SourceFile[]): FileGroup[] {
  const groups = new Map<string, SourceFile[]>();
  for (const file of files) {
    const slash = file.path.indexOf('/');
    const name = slash < 0 ? file.path : file.path.slice(0, slash + 1);
    const members = groups.get(name);
    if (members) members.push(file);
    else groups.set(name, [file]);
  }
  return [...groups].map(([name, members]) => ({
    name: members.length === 1 ? baseName(members[0]?.path ?? name) : name,
    files: members,
    sizeBytes: members.reduce((sum, { blob }) => sum + blob.size, 0),
  }));
}
