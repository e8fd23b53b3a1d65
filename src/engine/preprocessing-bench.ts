import type { Tensor } from '../base/tensor.ts';
import { Fault } from '../base/fault.ts';
import { numbersOf } from '../base/numbers.ts';
import { mean } from '../base/statistics.ts';
import { alignChannels } from '../data/align-channels.ts';
import type { ArrayColumn, Column, ImageColumn } from '../data/column.ts';
import type { Dataset, InputSpec } from '../data/dataset.ts';
import { imageLayout } from '../data/image-layout.ts';
import { inputReader } from '../data/input-reader.ts';
import { pick } from '../data/pick.ts';
import type { Sample } from '../data/sample.ts';
import { shiftLabels } from '../data/shift-labels.ts';
import { chainTransforms, type TransformSpec } from '../data/transforms/chain.ts';
import type { MetricPart } from '../metrics/metric.ts';
import type { RunControl } from './control.ts';
import { Feed, type BatchPlan } from './feed.ts';
import type { SessionPool } from './session-host-api.ts';

/** What every candidate is tried with. The session of the float model is open on all workers under `session`. */
export interface BenchSetup {
  readonly pool: SessionPool;
  readonly session: string;
  readonly control: RunControl;
  readonly input: InputSpec;
  readonly output: string;
  readonly column: Column;
  readonly labels: ArrayColumn;
  readonly metric: MetricPart;
  readonly plan: BatchPlan;
  /** Numbers of the samples, in the order in which they are taken. */
  readonly numbers: readonly number[];
  /** Subtracted from labels, in turn: the first possible one holds unless another is much better. */
  readonly shifts: readonly number[];
  /** Smallest and largest label; null where labels are no numbers of classes. */
  readonly labelRange: readonly [number, number] | null;
}

/** How a candidate does on the first `samples` samples, with the best of the label shifts. */
export interface BenchScore {
  readonly score: number;
  /** Mean natural logarithm of the probability of the label; null where the output has no classes. */
  readonly logProbability: number | null;
  readonly samples: number;
  readonly labelShift: number;
}

/** Labels are taken to be shifted only where that makes this share of all samples right in addition. */
const SHIFT_GAIN = 0.25;

/** Of samples as they are in their files, and for each way to resize. */
const KEPT_BYTES = 128 * 2 ** 20;
const SIZING: ReadonlySet<string> = new Set(['Resize', 'ResizeWithAspectRatio', 'CenterCrop', 'PadToSize']);

interface Measured {
  /** Samples that were run. */
  done: number;
  /** By shift. */
  readonly values: readonly number[][];
  readonly logs: readonly number[][];
}

/** Runs the float model on a few samples under one preprocessing after the other; raw samples are read once. */
export class PreprocessingBench {
  readonly #setup: BenchSetup;
  readonly #column: Column;
  /** By the transforms up to the one that fixes the size. */
  readonly #sized = new Map<string, ImageColumn>();
  readonly #measured = new Map<string, Measured>();
  #possible: readonly number[] | null = null;
  #classes: number | null = null;
  /** Samples that went through the model. */
  samplesRun = 0;

  constructor(setup: BenchSetup) {
    this.#setup = setup;
    const { column } = setup;
    this.#column = column.kind === 'image' ? remembered(column, KEPT_BYTES, (sample) => sample) : column;
  }

  /** Classes of the model; null until a sample was run, and where the output is no row of classes. */
  get classes(): number | null {
    return this.#classes;
  }

  /** Whether some shift makes every label a class of the model; true until a sample was run. */
  get hasShift(): boolean {
    return this.#possible === null || this.#possible.length > 0;
  }

  /** Null where the transforms do not suit the samples. What was run before is not run again. */
  async score(transforms: readonly TransformSpec[], samples: number): Promise<BenchScore | null> {
    const key = JSON.stringify(transforms);
    const before = this.#measured.get(key) ?? {
      done: 0,
      values: this.#setup.shifts.map(() => []),
      logs: this.#setup.shifts.map(() => []),
    };
    const { done } = before;
    const wanted = Math.min(samples, this.#setup.numbers.length);
    try {
      if (done < wanted) await this.#run(transforms, before, done, wanted);
    } catch (thrown) {
      if (thrown instanceof Fault && thrown.code === 'data-transform-invalid') return null;
      throw thrown;
    }
    if (!this.hasShift) return null;
    before.done = Math.max(done, wanted);
    this.#measured.set(key, before);
    return this.#best(before, wanted);
  }

  async #run(transforms: readonly TransformSpec[], into: Measured, from: number, to: number): Promise<void> {
    const { pool, session, control, output, plan, numbers } = this.#setup;
    const dataset = pick(this.#dataset(transforms), numbers.slice(from, to));
    const feed = new Feed(`${session} ${JSON.stringify(transforms)} ${from}`, dataset, plan);
    const outputs = await feed.each(pool, control, (worker, ref) => worker.api.run(session, ref, output));
    await feed.release(pool);
    this.samplesRun += to - from;
    let row = 0;
    for (const tensor of outputs) {
      const rows = tensor.dims[0] ?? 0;
      await this.#measure(numbers.slice(from + row, from + row + rows), tensor, into);
      row += rows;
    }
  }

  async #measure(numbers: readonly number[], tensor: Tensor, into: Measured): Promise<void> {
    const { metric } = this.#setup;
    const shifts = this.#shifts(tensor);
    const given = pick(this.#labels(), numbers);
    for (const [i, shift] of shifts.entries()) {
      const { labels } = await shiftLabels(given, shift).read(0, numbers.length);
      const batch = { outputs: [tensor], samples: numbers, ...(labels && { labels }) };
      into.values[i]?.push(...metric.metric.measure(batch, metric.options));
      if (labels) into.logs[i]?.push(...logProbabilities(tensor, labels));
    }
  }

  /** Shifts under which every label is a class, once a row of the output has told how many there are. */
  #shifts(tensor?: Tensor): readonly number[] {
    const { shifts, labelRange } = this.#setup;
    if (this.#possible || !tensor || !labelRange || tensor.dims.length !== 2) return this.#possible ?? shifts;
    const classes = tensor.dims[1] ?? 0;
    const [least, most] = labelRange;
    this.#classes = classes;
    return (this.#possible = shifts.filter((shift) => least - shift >= 0 && most - shift < classes));
  }

  #dataset(transforms: readonly TransformSpec[]): Dataset {
    const { input } = this.#setup;
    const { column, rest } = this.#resized(transforms);
    const reader = inputReader(input, column, chainTransforms(rest));
    return this.#samples(async (start, count) => ({ inputs: { [input.name]: await reader.read(start, count) } }));
  }

  /** Candidates share ways to resize, which cost more than all else: samples are kept at the size of the model. */
  #resized(transforms: readonly TransformSpec[]): { column: Column; rest: readonly TransformSpec[] } {
    const column = this.#column;
    const end = transforms.findLastIndex(({ name }) => SIZING.has(name)) + 1;
    if (column.kind !== 'image' || end === 0) return { column, rest: transforms };
    const first = transforms.slice(0, end);
    const key = JSON.stringify(first);
    const chain = chainTransforms(first);
    const channels = imageLayout(this.#setup.input.dims.slice(1))?.channels;
    const known =
      this.#sized.get(key) ?? remembered(column, KEPT_BYTES, (sample) => chain(alignChannels(sample, channels)));
    this.#sized.set(key, known);
    return { column: known, rest: transforms.slice(end) };
  }

  #labels(): Dataset {
    return this.#samples(async (start, count) => ({ inputs: {}, labels: await this.#setup.labels.read(start, count) }));
  }

  #samples(read: Dataset['read']): Dataset {
    const sha256 = (): Promise<string> => Promise.reject(new Error('These samples have no files'));
    return { name: '', count: this.#column.count, hasLabels: true, warnings: [], read, sha256 };
  }

  #best({ values, logs }: Measured, samples: number): BenchScore {
    const { metric } = this.#setup;
    const scores = this.#shifts().map((labelShift, i): BenchScore => {
      const taken = logs[i]?.slice(0, samples) ?? [];
      return {
        score: metric.metric.score(Float64Array.from(values[i]?.slice(0, samples) ?? [])),
        logProbability: taken.length > 0 ? mean(taken) : null,
        samples,
        labelShift,
      };
    });
    const [first, ...others] = scores as [BenchScore, ...BenchScore[]];
    const rival = others.reduce<BenchScore | null>(
      (best, each) => (!best || each.score > best.score ? each : best),
      null,
    );
    return rival && rival.score >= first.score + SHIFT_GAIN ? rival : first;
  }
}

/** Reads samples once, as long as they fit into `most` bytes: photographs are large, and many are read for every candidate. */
function remembered(column: ImageColumn, most: number, prepare: (sample: Sample) => Sample): ImageColumn {
  const kept = new Map<number, Sample>();
  let bytes = 0;
  return {
    ...column,
    async read(index) {
      const known = kept.get(index);
      if (known) return known;
      const sample = prepare(await column.read(index));
      bytes += sample.data.byteLength;
      if (bytes <= most) kept.set(index, sample);
      return sample;
    },
  };
}

/** Natural logarithms of the probabilities of the labels: of outputs that are probabilities, else by softmax. Empty without classes. */
function logProbabilities(tensor: Tensor, labels: Tensor): number[] {
  const rows = tensor.dims[0] ?? 0;
  const classes = tensor.data.length / Math.max(1, rows);
  if (tensor.dims.length !== 2 || classes < 2 || labels.data.length !== rows) return [];
  const values = numbersOf(tensor);
  const classOf = numbersOf(labels);
  return Array.from({ length: rows }, (_, row) => {
    const of = (k: number): number => values[row * classes + k] ?? NaN;
    let [most, sum, least] = [-Infinity, 0, Infinity];
    for (let k = 0; k < classes; k++) {
      most = Math.max(most, of(k));
      least = Math.min(least, of(k));
      sum += of(k);
    }
    const label = of(classOf[row] ?? -1);
    if (least >= 0 && Math.abs(sum - 1) < 1e-3) return Math.log(Math.max(label, 1e-12));
    let exponentials = 0;
    for (let k = 0; k < classes; k++) exponentials += Math.exp(of(k) - most);
    return label - most - Math.log(exponentials);
  });
}
