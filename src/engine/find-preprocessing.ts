import { createRng, shuffle } from '../base/rng.ts';
import { numbersOf } from '../base/numbers.ts';
import { extremes } from '../base/statistics.ts';
import { isFloat } from '../data/cast.ts';
import type { ArrayColumn, Column } from '../data/column.ts';
import type { InputSpec } from '../data/dataset.ts';
import { sampleSource } from '../data/input-reader.ts';
import {
  AS_THEY_ARE,
  NO_SIZING,
  planSteps,
  planWords,
  usualScalings,
  usualSizings,
  type PreprocessingPlan,
  type SampleGeometry,
  type Scaling,
  type Sizing,
} from '../data/preprocessing-candidates.ts';
import type { UnpreparedSamples } from '../data/sample-kind.ts';
import type { Preprocessing, PreprocessingChoice, TriedPreprocessing } from '../history/preprocessing.ts';
import type { MetricPart } from '../metrics/metric.ts';
import type { RunControl } from './control.ts';
import { closeEverywhere, openEverywhere } from './evaluate.ts';
import type { BatchPlan } from './feed.ts';
import { PreprocessingBench } from './preprocessing-bench.ts';
import type { SessionPool } from './session-host-api.ts';

/** Samples that everything is tried on, that the better ones are tried on, and that a close finish is run on. */
const FIRST_SAMPLES = 16;
const SAMPLES = 48;
const CLOSE_SAMPLES = 144;
/** A lead of fewer hits than this says nothing … */
const CLOSE_HITS = 3;
/** … and so many candidates behind by less go on, after the first samples and at the finish. */
const SURVIVORS = 6;
const FINALISTS = 4;
/** Labels count from 0, from 1, or leave out the first class (background). */
const SHIFTS: readonly number[] = [0, 1, -1];
/** Where the model takes any size and the samples differ. */
const ANY_SIDE = 224;
const KEPT_RUNNERS_UP = 6;
const SESSION = 'preprocessing';

export interface PreprocessingTask {
  readonly input: InputSpec;
  readonly column: Column;
  readonly unprepared: UnpreparedSamples;
}

export interface PreprocessingSearch extends PreprocessingTask {
  readonly pool: SessionPool;
  readonly control: RunControl;
  readonly model: Uint8Array;
  readonly output: string;
  readonly labels: ArrayColumn;
  readonly metric: MetricPart;
  /** What the configuration subtracts from labels; 0: a shift is looked for. */
  readonly labelShift: number;
  readonly batches: BatchPlan;
  readonly seed: number;
  /** 0 … 1. */
  readonly onShare: (share: number) => void;
}

interface Tried {
  readonly plan: PreprocessingPlan;
  readonly option: TriedPreprocessing;
}

/** What is done where no labels can tell: the most common scaling and sizing. */
export async function assumedPreprocessing(
  task: PreprocessingTask,
  labelShift: number,
  metric: string,
): Promise<Preprocessing> {
  const { geometry } = task.unprepared;
  const few = [0, 1, 2, 3].filter((number) => number < task.column.count);
  const { sizings, side } = await sizesOf(task, few);
  const [scaling] = scalingsOf(task, side);
  const [sizing = NO_SIZING] = sizings;
  const plan: PreprocessingPlan = { scaling: scaling as Scaling, order: 'RGB', sizing };
  return {
    source: task.unprepared.scale === 'values' ? 'by shape' : 'assumed',
    ...option(plan, geometry),
    labelShift,
    metric,
    isChance: false,
    runnersUp: alternatives(task, sizing, side)
      .slice(1)
      .map((other) => ({ ...option(other, geometry), labelShift })),
  };
}

/** The steps of the usual scalings and colour orders, at the likeliest size. */
export async function usualPreprocessings(task: PreprocessingTask): Promise<PreprocessingChoice['transforms'][]> {
  const few = [0, 1, 2, 3].filter((number) => number < task.column.count);
  const { sizings, side } = await sizesOf(task, few);
  const plans = alternatives(task, sizings[0] ?? NO_SIZING, side);
  return plans.map((plan) => planSteps(plan, task.unprepared.geometry));
}

/**
 * Tries the usual preprocessings on a few labelled samples with the float model: first scalings and colour orders, then ways to
 * resize, the weak ones dropped early, a close finish on more samples. By score; equal ones by the probability of the label, then
 * the more common one. Deterministic. Null where nothing can be tried, or no shift makes the labels classes of the model.
 */
export async function findPreprocessing(search: PreprocessingSearch): Promise<Preprocessing | null> {
  const { pool, control, model, output, input, column, labels, metric, batches, onShare } = search;
  const numbers = sampleNumbers(search);
  await openEverywhere(pool, SESSION, model);
  try {
    const range = await labelRange(search);
    const shifts = search.labelShift === 0 && range ? SHIFTS : [search.labelShift];
    const setup = { pool, session: SESSION, control, input, output, column, labels, metric, plan: batches, numbers };
    const bench = new PreprocessingBench({ ...setup, shifts, labelRange: range });
    const { sizings, side } = await sizesOf(search, numbers.slice(0, FIRST_SAMPLES));
    if (sizings.length === 0) return null;
    const first = alternatives(search, sizings[0] ?? NO_SIZING, side);
    const judge = new Judge(search, bench, first.length, sizings.length);
    let ranked = await judge.heats(first);
    const [leader] = ranked;
    if (leader && sizings.length > 1) {
      const resized = await judge.heats(sizings.map((sizing) => ({ ...leader.plan, sizing })));
      const [best = leader] = resized;
      // The wrong way to resize may have hidden which scaling is right.
      const again = best.plan.sizing === leader.plan.sizing ? [] : ranked;
      const retried = await judge.heats(again.map(({ plan }) => ({ ...plan, sizing: best.plan.sizing })));
      ranked = judge.sorted([...resized, ...retried, ...ranked]);
    }
    ranked = await judge.closeFinish(ranked);
    const [winner, ...others] = ranked;
    onShare(1);
    if (!winner) return null;
    return {
      source: 'found',
      ...winner.option,
      metric: metric.metric.name,
      ...(typeof metric.options['k'] === 'number' && { k: metric.options['k'] }),
      isChance: isChance(winner.option, metric, bench.classes),
      runnersUp: others.slice(0, KEPT_RUNNERS_UP).map(({ option: tried }) => tried),
    };
  } finally {
    await closeEverywhere(pool, SESSION);
  }
}

/** The score of one preprocessing on as many samples as those of a search have; null where it does not suit them. */
export async function scorePreprocessing(
  search: PreprocessingSearch,
  { transforms, labelShift }: PreprocessingChoice,
): Promise<Pick<TriedPreprocessing, 'score' | 'logProbability' | 'samples'> | null> {
  const { pool, control, model, output, input, column, labels, metric, batches } = search;
  await openEverywhere(pool, SESSION, model);
  try {
    const range = await labelRange(search);
    const setup = { pool, session: SESSION, control, input, output, column, labels, metric, plan: batches };
    const numbers = sampleNumbers(search);
    const bench = new PreprocessingBench({ ...setup, numbers, shifts: [labelShift], labelRange: range });
    const score = await bench.score(transforms, SAMPLES);
    return score && { score: score.score, logProbability: score.logProbability, samples: score.samples };
  } finally {
    await closeEverywhere(pool, SESSION);
  }
}

function sampleNumbers({ column, seed }: PreprocessingSearch): number[] {
  const all = Array.from({ length: column.count }, (_, i) => i);
  return shuffle(all, createRng(seed)).slice(0, CLOSE_SAMPLES);
}

/** Scores candidates, ranks them, and says how far the search is. */
class Judge {
  readonly #search: PreprocessingSearch;
  readonly #bench: PreprocessingBench;
  readonly #expected: number;

  constructor(search: PreprocessingSearch, bench: PreprocessingBench, scalings: number, sizings: number) {
    this.#search = search;
    this.#bench = bench;
    const heats = scalings * FIRST_SAMPLES + SURVIVORS * (SAMPLES - FIRST_SAMPLES);
    this.#expected = heats + (sizings - 1) * SAMPLES + 2 * (CLOSE_SAMPLES - SAMPLES);
  }

  /** All on the first samples, the better ones on more; in the order of their scores, the dropped ones last. */
  async heats(plans: readonly PreprocessingPlan[]): Promise<Tried[]> {
    const first = await this.rank(plans, FIRST_SAMPLES);
    const going = this.#close(first, SURVIVORS);
    const second = await this.rank(
      going.map(({ plan }) => plan),
      SAMPLES,
    );
    return [...second, ...first.filter((tried) => !going.includes(tried))];
  }

  async rank(plans: readonly PreprocessingPlan[], samples: number): Promise<Tried[]> {
    const tried: Tried[] = [];
    for (const plan of plans) {
      const { geometry } = this.#search.unprepared;
      const steps = planSteps(plan, geometry);
      const score = await this.#bench.score(steps, samples);
      this.#search.onShare(Math.min(0.99, this.#bench.samplesRun / this.#expected));
      if (score) tried.push({ plan, option: { ...option(plan, geometry), ...score } });
      if (!this.#bench.hasShift) return [];
    }
    return this.sorted(tried);
  }

  /** Best first, each preprocessing once: those of more samples before; a stable sort, so the more common one wins a tie. */
  sorted(tried: readonly Tried[]): Tried[] {
    const seen = new Set<string>();
    const kept = tried.filter(({ option: { words } }) => !seen.has(words) && seen.add(words));
    const sign = this.#search.metric.metric.higherIsBetter ? 1 : -1;
    return kept.sort(
      ({ option: a }, { option: b }) =>
        Math.min(b.samples, SAMPLES) - Math.min(a.samples, SAMPLES) ||
        sign * (value(b.score) - value(a.score)) ||
        value(b.logProbability) - value(a.logProbability),
    );
  }

  /** The leader and those that it leads by few samples, on more of them. */
  async closeFinish(ranked: readonly Tried[]): Promise<Tried[]> {
    const close = this.#close(ranked, FINALISTS);
    if (close.length < 2) return [...ranked];
    const rerun = await this.rank(
      close.map(({ plan }) => plan),
      CLOSE_SAMPLES,
    );
    return [...rerun, ...ranked.filter((tried) => !close.includes(tried))];
  }

  /** The leader and those behind by less than says anything, at most `most`. */
  #close(ranked: readonly Tried[], most: number): Tried[] {
    const [leader] = ranked;
    if (!leader) return [];
    const { samples, score } = leader.option;
    const isClose = ({ option: rival }: Tried): boolean =>
      rival.samples === samples && Math.abs(value(rival.score) - value(score)) * samples < CLOSE_HITS;
    return ranked.filter(isClose).slice(0, most);
  }
}

/** NaN and nothing lose against anything. */
function value(score: number | null): number {
  return score === null || Number.isNaN(score) ? -1e9 : score;
}

function option(plan: PreprocessingPlan, geometry: SampleGeometry): TriedPreprocessing {
  const transforms = planSteps(plan, geometry);
  return { words: planWords(plan, geometry), transforms, labelShift: 0, score: null, logProbability: null, samples: 0 };
}

/** Values that may be the model's already come first as they are. */
function scalingsOf({ unprepared: { geometry, scale } }: PreprocessingTask, side: number): readonly Scaling[] {
  if (scale === 'values') return [AS_THEY_ARE];
  const usual = usualScalings(geometry.to.channels, side);
  return scale === 'bytes' ? usual : [AS_THEY_ARE, ...usual.filter(({ words }) => !words.endsWith('0 to 255'))];
}

function alternatives(task: PreprocessingTask, sizing: Sizing, side: number): PreprocessingPlan[] {
  const isColour = task.unprepared.geometry.to.channels === 3 && task.unprepared.scale !== 'values';
  const orders: readonly PreprocessingPlan['order'][] = isColour ? ['RGB', 'BGR'] : ['RGB'];
  return orders.flatMap((order) => scalingsOf(task, side).map((scaling) => ({ scaling, order, sizing })));
}

/** Sizes of samples, and how they come to that of the input. */
interface Sizes {
  /** The likeliest first; empty where samples differ and nothing makes them one size. */
  readonly sizings: readonly Sizing[];
  /** Longer side of what the model sees, pixels. */
  readonly side: number;
}

/** Where the model takes any size and the samples have one, nothing is done. */
async function sizesOf(
  { input, column, unprepared: { geometry } }: PreprocessingTask,
  numbers: readonly number[],
): Promise<Sizes> {
  const known = input.dims.slice(1).map((dim) => dim ?? 0);
  if (geometry.from === 'flat') return { sizings: [NO_SIZING], side: Math.sqrt(known[0] ?? 0) };
  const sides = geometry.to.order === 'channels-first' ? input.dims.slice(2) : input.dims.slice(1, 3);
  const [height = null, width = null] = geometry.to.order === 'flat' ? [] : sides;
  if (column.kind === 'array') return { sizings: [NO_SIZING], side: Math.max(...column.dims.slice(1)) };
  const given: { height: number; width: number }[] = [];
  const source = sampleSource(input, column);
  for (const number of numbers) {
    for await (const { dims } of source.read(number, 1)) given.push({ height: dims[0] ?? 0, width: dims[1] ?? 0 });
  }
  const [first = { height: 0, width: 0 }] = given;
  const areOne = given.every((size) => size.height === first.height && size.width === first.width);
  const longest = Math.max(height ?? first.height, width ?? first.width);
  if (height !== null && width !== null) return { sizings: usualSizings({ height, width }, given), side: longest };
  if (areOne) return { sizings: [NO_SIZING], side: longest };
  // Lines of text at their own width: what they are filled up to is nothing that samples tell.
  if (height !== null || width !== null || geometry.to.order === 'flat') return { sizings: [], side: longest };
  return { sizings: usualSizings({ height: ANY_SIDE, width: ANY_SIDE }, given), side: ANY_SIDE };
}

/** Smallest and largest label; null where the labels are no single classes. */
async function labelRange({ labels, metric }: PreprocessingSearch): Promise<[number, number] | null> {
  const isClass = labels.dims.length === 1 && !isFloat(labels.type) && metric.metric.name !== 'ctc_exact_match';
  if (!isClass) return null;
  return extremes(numbersOf(await labels.read(0, labels.count)));
}

/** Hits that guessing gives in 19 of 20 cases, or fewer; only for shares of right answers. */
function isChance(
  { score, samples }: TriedPreprocessing,
  { metric, options }: MetricPart,
  classes: number | null,
): boolean {
  if (metric.name !== 'topk' || classes === null || score === null) return false;
  const share = Math.min(1, Number(options['k'] ?? 1) / classes);
  return score <= share + 1.645 * Math.sqrt((share * (1 - share)) / Math.max(1, samples));
}
