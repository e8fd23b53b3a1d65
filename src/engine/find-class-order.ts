import { numbersOf } from '../base/numbers.ts';
import { createRng, shuffle } from '../base/rng.ts';
import { Fault } from '../base/fault.ts';
import { matchClasses } from '../data/match-classes.ts';
import { openDataset, type OpenOptions } from '../data/open-dataset.ts';
import type { SourceFile } from '../data/dataset.ts';
import { pick } from '../data/pick.ts';
import type { TransformSpec } from '../data/transforms/chain.ts';
import type { ClassOrder } from '../history/preprocessing.ts';
import { argMax } from '../metrics/operands.ts';
import type { RunControl } from './control.ts';
import { closeEverywhere, openEverywhere } from './evaluate.ts';
import { Feed } from './feed.ts';
import { planFeed, type OpenedModel } from './open-inputs.ts';
import type { SessionPool } from './session-host-api.ts';

/** Per class, and within these bounds: fewer samples match by chance, more cost time. */
const SAMPLES_PER_CLASS = 8;
const [FEWEST_SAMPLES, MOST_SAMPLES] = [32, 256];
/** Another order than the sorted one is taken only where that makes this share of all samples right in addition. */
const GAIN = 0.25;
const SESSION = 'class-order';

export interface ClassOrderSearch {
  readonly opened: OpenedModel;
  readonly files: readonly SourceFile[];
  readonly arrays: OpenOptions['arrays'];
  /** Sorted, as the labels are numbered. */
  readonly classNames: readonly string[];
  /** Preprocessings under which the model may be right. */
  readonly candidates: readonly (readonly TransformSpec[])[];
  readonly seed: number;
  readonly pool: SessionPool;
  readonly control: RunControl;
}

/**
 * The order of classes that the float model's answers show, where the labels are names that nothing lists in the model's order and
 * sorted order does not fit. Null where it fits, where no other does much better, or where there are too few samples to tell.
 */
export async function findClassOrder(search: ClassOrderSearch): Promise<ClassOrder | null> {
  const { opened, candidates, pool } = search;
  await openEverywhere(pool, SESSION, opened.loaded.bytes);
  try {
    let best: ClassOrder | null = null;
    let sortedShare = 0;
    for (const transforms of candidates) {
      const found = await orderUnder(transforms, search);
      sortedShare = Math.max(sortedShare, found?.sortedShare ?? 0);
      if (found && (!best || found.share > best.share)) best = found;
    }
    return best && best.share >= sortedShare + GAIN ? { ...best, sortedShare } : null;
  } finally {
    await closeEverywhere(pool, SESSION);
  }
}

async function orderUnder(
  transforms: readonly TransformSpec[],
  { opened, files, arrays, classNames, seed, pool, control }: ClassOrderSearch,
): Promise<ClassOrder | null> {
  const { inputs, outputs } = opened.info;
  const options: OpenOptions = { inputs, transforms, labels: 'required', ...(arrays && { arrays }) };
  const dataset = await openDataset(files, options).catch((thrown: unknown) => {
    if (thrown instanceof Fault && thrown.code === 'data-transform-invalid') return null;
    throw thrown;
  });
  if (!dataset) return null;
  const wanted = Math.min(MOST_SAMPLES, Math.max(2 * FEWEST_SAMPLES, SAMPLES_PER_CLASS * classNames.length));
  const numbers = shuffle([...Array(dataset.count).keys()], createRng(seed)).slice(0, wanted);
  if (numbers.length < FEWEST_SAMPLES || numbers.length < (SAMPLES_PER_CLASS / 2) * classNames.length) return null;
  const samples = pick(dataset, numbers);
  const { plan } = await planFeed(inputs, samples);
  const feed = new Feed(`${SESSION} ${JSON.stringify(transforms)}`, samples, plan);
  const tensors = await feed.each(pool, control, ({ api }, batch) => api.run(SESSION, batch, outputs[0] as string));
  await feed.release(pool);
  const answers: number[] = [];
  let classCount = 0;
  for (const tensor of tensors) {
    const [rows = 0, classes = 0] = tensor.dims;
    if (tensor.dims.length !== 2) return null;
    const values = numbersOf(tensor);
    for (let row = 0; row < rows; row++) answers.push(argMax(values, row * classes, classes));
    classCount = classes;
  }
  const { labels } = await samples.read(0, numbers.length);
  if (!labels || labels.dims.length !== 1 || classNames.length > classCount) return null;
  const given = Array.from(numbersOf(labels));
  const { order, share } = matchClasses(given, answers, classNames.length, classCount);
  const names = Array.from({ length: classCount }, (_, number) => String(number));
  order.forEach((number, label) => (names[number] = classNames[label] as string));
  const sortedShare = given.filter((label, i) => label === answers[i]).length / given.length;
  return { names, share, sortedShare, samples: numbers.length };
}
