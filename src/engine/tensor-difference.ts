import { numbersOf } from '../base/numbers.ts';
import type { Tensor } from '../base/tensor.ts';
import type { TensorDifference } from './session-host-api.ts';

/** Probabilities below this count as this much: a zero would make one sample outweigh all others. */
const SMALLEST_PROBABILITY = 1e-9;
/** Rows of outputs whose sum is this close to 1 are probabilities already. */
const SUM_TOLERANCE = 1e-3;

/** How a tensor of one model differs from the reference's, over one batch. */
export function tensorDifference(reference: Tensor, other: Tensor): TensorDifference {
  const [a, b] = [numbersOf(reference), numbersOf(other)];
  let [squaredError, min, max] = [0, Infinity, -Infinity];
  for (let i = 0; i < a.length; i++) {
    const value = a[i] as number;
    squaredError += (value - (b[i] as number)) ** 2;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const classes = reference.dims.length < 2 ? 1 : (reference.dims.at(-1) ?? 1);
  const rows = classes < 2 ? 0 : a.length / classes;
  return { squaredError, min, max, count: a.length, rows, divergence: rows === 0 ? 0 : divergence(a, b, classes) };
}

/** Sum over the rows of Σ p·(log p − log q), in nats; p, q: softmax of the rows of a and b, or the rows as they are where they are probabilities. */
function divergence(a: ArrayLike<number>, b: ArrayLike<number>, classes: number): number {
  const toLog = isDistribution(a, classes) ? logOfProbabilities : logSoftmax;
  const [p, q] = [new Float64Array(classes), new Float64Array(classes)];
  let sum = 0;
  for (let start = 0; start < a.length; start += classes) {
    toLog(a, start, p);
    toLog(b, start, q);
    for (let i = 0; i < classes; i++) {
      const log = p[i] as number;
      sum += Math.exp(log) * (log - (q[i] as number));
    }
  }
  return sum;
}

function isDistribution(values: ArrayLike<number>, classes: number): boolean {
  let sum = 0;
  for (let i = 0; i < classes; i++) {
    const value = values[i] as number;
    if (!(value >= 0)) return false;
    sum += value;
  }
  return Math.abs(sum - 1) < SUM_TOLERANCE;
}

function logOfProbabilities(values: ArrayLike<number>, start: number, out: Float64Array): void {
  for (let i = 0; i < out.length; i++) out[i] = Math.log(Math.max(values[start + i] as number, SMALLEST_PROBABILITY));
}

function logSoftmax(values: ArrayLike<number>, start: number, out: Float64Array): void {
  let max = -Infinity;
  for (let i = 0; i < out.length; i++) max = Math.max(max, values[start + i] as number);
  let sum = 0;
  for (let i = 0; i < out.length; i++) sum += Math.exp((values[start + i] as number) - max);
  const log = max + Math.log(sum);
  for (let i = 0; i < out.length; i++)
    out[i] = Math.max((values[start + i] as number) - log, Math.log(SMALLEST_PROBABILITY));
}
