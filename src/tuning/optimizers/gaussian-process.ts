import { Cholesky } from './cholesky.ts';
import type { Belief } from './expected-improvement.ts';
import { maximize } from './maximize.ts';

/** Added to the diagonal, in units of the normalised values' variance. */
const NOISE = 1e-6;
/** Length scales that the fit considers, in units of the distances. */
const SHORTEST = 0.05;
const LONGEST = 50;

/** Matérn covariance with ν = 5/2 and variance 1: (1 + s + s²/3)·e^(-s) with s = √5·r / length. */
export function matern52(squaredDistance: number, length = 1): number {
  const s = Math.sqrt(5 * squaredDistance) / length;
  return (1 + s + (s * s) / 3) * Math.exp(-s);
}

export interface Observations {
  /** n × n, row-major. */
  readonly squaredDistances: Float64Array;
  readonly values: Float64Array;
}

/**
 * Gaussian process with a Matérn 5/2 kernel of one length scale, on values normalised to mean 0 and variance 1 (population).
 * It knows points by their squared distances only, so that any Euclidean embedding serves.
 */
export class GaussianProcess {
  readonly length: number;
  readonly #mean: number;
  readonly #scale: number;
  readonly #factor: Cholesky;
  readonly #weights: Float64Array;

  /** `length`: the length scale; where absent, that of the highest marginal likelihood between 0.05 and 50. */
  constructor({ squaredDistances, values }: Observations, length?: number) {
    const n = values.length;
    this.#mean = values.reduce((sum, value) => sum + value, 0) / n;
    const variance = values.reduce((sum, value) => sum + (value - this.#mean) ** 2, 0) / n;
    this.#scale = Math.sqrt(variance) || 1;
    const normalised = values.map((value) => (value - this.#mean) / this.#scale);
    this.length = length ?? bestLength(squaredDistances, normalised);
    this.#factor = factorCovariance(squaredDistances, n, this.length);
    this.#weights = this.#factor.solve(normalised);
  }

  /** Belief about the value of a point, given its squared distances to the observed ones. */
  predict(squaredDistances: Float64Array): Belief {
    const covariance = squaredDistances.map((squared) => matern52(squared, this.length));
    const projected = this.#factor.solveLower(covariance);
    const variance = Math.max(0, 1 - dot(projected, projected));
    return {
      mean: this.#mean + this.#scale * dot(covariance, this.#weights),
      deviation: this.#scale * Math.sqrt(variance),
    };
  }
}

/** log p(values | length) of normalised values. */
export function logMarginalLikelihood(squaredDistances: Float64Array, values: Float64Array, length: number): number {
  const factor = factorCovariance(squaredDistances, values.length, length);
  const fit = dot(values, factor.solve(values));
  return -0.5 * (fit + factor.logDeterminant + values.length * Math.log(2 * Math.PI));
}

function bestLength(squaredDistances: Float64Array, values: Float64Array): number {
  const score = (log: number): number => logMarginalLikelihood(squaredDistances, values, Math.exp(log));
  return Math.exp(maximize(score, Math.log(SHORTEST), Math.log(LONGEST)));
}

function factorCovariance(squaredDistances: Float64Array, n: number, length: number): Cholesky {
  const matrix = squaredDistances.map((squared) => matern52(squared, length));
  for (let i = 0; i < n; i++) matrix[i * n + i] = 1 + NOISE;
  return new Cholesky(matrix, n);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
