import { Fault } from '../base/fault.ts';
import { numbersOf } from '../base/numbers.ts';
import type { Tensor } from '../base/tensor.ts';
import { DECISION_WIDTH, decisionsOf } from '../metrics/decisions.ts';
import type { ProviderDifference } from '../history/session-record.ts';
import type { Feed } from './feed.ts';
import type { SessionPool, SessionWorker } from './session-host-api.ts';
import type { Target } from './target.ts';

/** Samples that are compared, rounded up to whole batches. */
const SAMPLES = 32;
/**
 * Largest error of any output value, as a share of the output's range. Sums in another order differ by some 1e-6 in float32;
 * in float16, whose steps are 1e-3, the errors of a deep model add up to some per cent; where values are rounded to int8 codes, one
 * may become the next. A wrong kernel is off by the range itself.
 */
const MAX_ERROR = { float32: 1e-3, float16: 5e-2, int8: 0.1 };
/** Share of samples that may be decided otherwise, one at least: classes may be all but equal. */
const MAX_DECIDED_OTHERWISE = { float32: 0.01, float16: 0.05, int8: 0.05 };
const SESSION = 'provider check';

/** What a model says on another provider, against WASM, on the first samples. */
export async function compareProviders(
  target: SessionPool,
  wasm: SessionPool,
  feed: Feed,
  model: Uint8Array,
  output: string,
): Promise<ProviderDifference> {
  const workers = [target, wasm].map(({ workers: [first] }) => first as SessionWorker);
  const found = new Difference();
  try {
    for (const { api } of workers) await api.open(SESSION, model, 'all');
    for (let index = 0; index < feed.batches && found.samples < SAMPLES; index++) {
      const [theirs, ours] = await Promise.all(
        workers.map((worker) => feed.on(worker, index, (ref) => worker.api.run(SESSION, ref, output))),
      );
      found.add(theirs as Tensor, ours as Tensor, feed.rowsOf(index));
    }
  } finally {
    await Promise.allSettled(workers.map(({ api }) => api.close(SESSION)));
  }
  return found.result();
}

/** Refuses a provider that computes a model wrongly. Throws `provider-wrong-result`. */
export async function checkProvider(
  { provider, device, pool }: Target,
  wasm: SessionPool,
  feed: Feed,
  model: Uint8Array,
  output: string,
  precision: 'float32' | 'float16' | 'int8',
): Promise<ProviderDifference> {
  const difference = await compareProviders(pool, wasm, feed, model, output);
  const { maxError, decidedOtherwise, samples } = difference;
  const mostOtherwise = Math.max(1, MAX_DECIDED_OTHERWISE[precision] * samples);
  // NaN is no small error.
  if (maxError <= MAX_ERROR[precision] && (decidedOtherwise ?? 0) <= mostOtherwise) return difference;
  const share = (value: number): string => `${(100 * value).toPrecision(3)} % of the output's range`;
  const decided = decidedOtherwise === null ? '' : `; ${decidedOtherwise} of ${samples} samples decided otherwise`;
  throw new Fault('provider-wrong-result', {
    message: `${provider} on ${device.name} computes this model wrongly`,
    place: `output ${output}, against WASM on the same ${samples} samples`,
    found: `an error of ${share(maxError)}${decided}`,
    accepted: `at most ${share(MAX_ERROR[precision])} and ${Math.floor(mostOtherwise)} of ${samples} samples`,
    next: 'Choose WASM (device: cpu), and report the model and the graphics driver to ONNX Runtime.',
  });
}

class Difference {
  samples = 0;
  #error = 0;
  #least = Infinity;
  #most = -Infinity;
  #otherwise: number | null = 0;

  add(theirs: Tensor, ours: Tensor, rows: number): void {
    this.samples += rows;
    const isFloat = ours.type.includes('float');
    const [found, expected] = [numbersOf(theirs), numbersOf(ours)];
    if (found.length !== expected.length) this.#error = NaN;
    for (let i = 0; i < expected.length && isFloat; i++) {
      const value = expected[i] as number;
      this.#least = Math.min(this.#least, value);
      this.#most = Math.max(this.#most, value);
      this.#error = Math.max(this.#error, Math.abs((found[i] as number) - value));
    }
    if (isFloat) this.#count(decided(theirs, rows), decided(ours, rows));
    else this.#count(rowTexts(found, rows), rowTexts(expected, rows));
  }

  result(): ProviderDifference {
    const range = Math.max(this.#most - this.#least, 1e-6);
    const maxError = this.#error === 0 ? 0 : this.#error / range;
    return { samples: this.samples, maxError, decidedOtherwise: this.#otherwise };
  }

  #count<T>(found: readonly T[] | null, expected: readonly T[] | null): void {
    if (!found || !expected || this.#otherwise === null) this.#otherwise = null;
    else this.#otherwise += expected.filter((each, i) => each !== found[i]).length;
  }
}

/** Class of each sample; null where the output chooses none. */
function decided(output: Tensor, rows: number): number[] | null {
  const samples = Array.from({ length: rows }, (_, i) => i);
  const decisions = decisionsOf({ outputs: [output], samples });
  return decisions && samples.map((i) => decisions[i * DECISION_WIDTH] as number);
}

/** Outputs of whole numbers are decisions themselves. */
function rowTexts(values: ArrayLike<number>, rows: number): string[] {
  const width = values.length / rows;
  const all = Array.from(values);
  return Array.from({ length: rows }, (_, i) => all.slice(i * width, (i + 1) * width).join(' '));
}
