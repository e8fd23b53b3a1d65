import { numbersOf } from '../base/numbers.ts';
import { extremes } from '../base/statistics.ts';
import { sliceRows, type Tensor } from '../base/tensor.ts';
import { Fault } from '../base/fault.ts';
import type { Batch, Dataset, InputSpec } from '../data/dataset.ts';
import type { ArrayTable } from '../base/array-choice.ts';
import { listArrays, openColumns } from '../data/open-columns.ts';
import { pick } from '../data/pick.ts';
import { withoutSource, type Preprocessing } from '../history/preprocessing.ts';
import { evaluationArrays, statedClasses, withArrays, withClasses } from './array-choice.ts';
import type { RunControl } from './control.ts';
import { Feed } from './feed.ts';
import { modelClassNames } from './model-class-names.ts';
import { argMax } from '../metrics/operands.ts';
import { needsLabels, openEvaluation, openModel, openSettings, planFeed } from './open-inputs.ts';
import {
  decidePreprocessing,
  statesTransforms,
  tryPreprocessing,
  withPreprocessing,
  type Deciding,
} from './preprocessing.ts';
import { pictureOf } from './preview-picture.ts';
import type { DataPreview, PreviewedInput, PreviewedSample, PreviewRequest } from './preview-api.ts';
import type { SessionPool } from './session-host-api.ts';

const SHOWN = 8;
const SHOWN_VALUES = 8;
const SESSION = 'preview';

interface PreviewPlatform {
  readonly pool: SessionPool;
  readonly control: RunControl;
  /** 0 … 1. */
  readonly onShare: (share: number) => void;
}

/** Opens model and data as a session would, finds the preprocessing, and shows what the float model makes of some samples. */
export async function previewData(
  request: PreviewRequest,
  { pool, control, onShare }: PreviewPlatform,
): Promise<DataPreview> {
  const stated = withArrays(openSettings(request.config).settings, request.arrays);
  const given = withClasses(stated, request.preprocessing?.classOrder?.names);
  const opened = await openModel(request.model, pool);
  const named = modelClassNames(opened.loaded);
  const { calibration, evaluation: files } = request;
  const deciding = {
    opened,
    files,
    calibration,
    needsLabels: needsLabels(given),
    settings: given,
    classNames: named,
    pool,
    control,
    onShare,
  };
  const preprocessing = await preprocessingOf(request, deciding);
  const settings = withPreprocessing(given, preprocessing);
  const { inputs, outputs } = opened.info;
  const dataset = await openEvaluation(files, inputs, settings, named);
  const classNames = statedClasses(settings) ?? named;
  const arrays = evaluationArrays(settings);
  const reading = {
    inputs,
    needsLabels: needsLabels(settings),
    ...(classNames && { classNames }),
    ...(arrays && { arrays }),
  };
  const columns = await openColumns(files, reading);
  const numbers = shownNumbers(dataset.count);
  const shown = pick(dataset, numbers);
  const { plan } = await planFeed(inputs, dataset);
  const [worker] = pool.workers;
  if (!worker) throw new Fault('internal', { message: 'There is no session worker' });
  await worker.api.open(SESSION, opened.loaded.bytes, 'all');
  const feed = new Feed(SESSION, shown, plan);
  const only = { workers: [worker], terminate: () => undefined };
  const answers = await feed.each(only, control, (one, ref) => one.api.run(SESSION, ref, outputs[0] as string));
  await worker.api.close(SESSION);
  await feed.release(only);
  const batches = await Promise.all(numbers.map((_, i) => shown.read(i, 1)));
  const tensorOf = (batch: Batch | undefined, { name }: InputSpec): Tensor => batch?.inputs[name] as Tensor;
  const rangeOf = (input: InputSpec): [number, number] =>
    extremes(batches.flatMap((batch) => extremes(numbersOf(tensorOf(batch, input)))));
  const ranges = inputs.map(rangeOf);
  const views = await Promise.all(
    batches.map(async (batch, i): Promise<PreviewedSample> => {
      const number = numbers[i] as number;
      const seen = columns.byInput.map(async (matched, at): Promise<PreviewedInput> => {
        const tensor = tensorOf(batch, matched.input);
        return {
          name: matched.input.name,
          picture: await pictureOf(tensor, matched, number, settings, ranges[at] ?? [0, 1]),
          values: Array.from(numbersOf(tensor)).slice(0, SHOWN_VALUES),
          hasMore: tensor.data.length > SHOWN_VALUES,
        };
      });
      return {
        number,
        inputs: await Promise.all(seen),
        label: labelOf(batch.labels, dataset),
        answer: answerOf(rowOf(answers, i), dataset.classNames ?? classNames ?? []),
      };
    }),
  );
  return {
    inputs: columns.byInput.map(({ input, column }) => ({ ...input, from: column.name, file: column.file })),
    arrays: await listArrays(files, reading),
    samples: dataset.count,
    hasLabels: dataset.hasLabels,
    classNames: dataset.classNames ?? classNames ?? [],
    preprocessing,
    isStated: statesTransforms(given),
    range: extremes(ranges.flat()),
    shown: views,
    warnings: dataset.warnings,
  };
}

/** What is in the evaluation data and what it is used for. Throws the faults of a model or of data that cannot be read. */
export async function previewArrays(request: PreviewRequest, pool: SessionPool): Promise<ArrayTable> {
  const settings = withArrays(openSettings(request.config).settings, request.arrays);
  const { info } = await openModel(request.model, pool);
  const arrays = evaluationArrays(settings);
  return listArrays(request.evaluation, { inputs: info.inputs, needsLabels: false, ...(arrays && { arrays }) });
}

async function preprocessingOf(
  { preprocessing, edited }: PreviewRequest,
  deciding: Deciding,
): Promise<Preprocessing | null> {
  if (!edited) return decidePreprocessing({ ...deciding, chosen: preprocessing });
  const choice = { transforms: readTransforms(edited.text), labelShift: edited.labelShift };
  const tried = await tryPreprocessing(choice, deciding);
  const others = preprocessing ? [preprocessing, ...preprocessing.runnersUp] : [];
  const runnersUp = others.filter(({ words }) => words !== tried.words).map(withoutSource);
  return { metric: 'topk', isChance: false, ...preprocessing, ...tried, source: 'chosen', runnersUp };
}

const EDITED = 'evaluation:\n  accuracy:\n    dataloader:\n      transform:\n';

/** Transforms in the notation of the YAML, one a line. Throws `config-*` naming the line. */
function readTransforms(text: string): Preprocessing['transforms'] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return [];
  try {
    const { settings } = openSettings({
      text: EDITED + lines.map((line) => `        ${line.trim()}`).join('\n'),
      fileName: 'transforms',
    });
    return settings.evaluation.accuracy.dataloader?.transform ?? [];
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    const before = EDITED.split('\n').length - 1;
    const place = thrown.details.place?.replace(/line (\d+)/, (_, line: string) => `line ${Number(line) - before}`);
    throw new Fault(thrown.code, { ...thrown.details, ...(place !== undefined && { place }) }, { cause: thrown });
  }
}

/** Numbers spread over the data: where classes follow each other, several are seen. */
function shownNumbers(count: number): number[] {
  const shown = Math.min(SHOWN, count);
  return Array.from({ length: shown }, (_, i) => Math.floor(((i + 0.5) * count) / shown));
}

function labelOf(labels: Tensor | undefined, { classNames = [] }: Dataset): string | null {
  if (labels?.data.length !== 1) return null;
  const label = Number(labels.data[0]);
  return classNames[label] ?? String(label);
}

function rowOf(outputs: readonly Tensor[], index: number): Tensor | undefined {
  let before = 0;
  for (const tensor of outputs) {
    const rows = tensor.dims[0] ?? 0;
    if (index < before + rows) return sliceRows(tensor, index - before, 1);
    before += rows;
  }
  return undefined;
}

function answerOf(row: Tensor | undefined, classNames: readonly string[]): string | null {
  if (row?.dims.length !== 2 || row.data.length < 2) return null;
  const best = argMax(numbersOf(row), 0, row.data.length);
  return classNames[best] ?? String(best);
}
