import type { Rng } from '../../base/rng.ts';

/** The newest observations count fully; older ones less, linearly. */
const NEWEST = 25;
const MOST_GOOD = 25;

/** How many of n trials count as good: ceil(γ·√n), at most 25. */
export function goodCount(trials: number, gamma: number): number {
  return Math.min(Math.ceil(gamma * Math.sqrt(trials)), MOST_GOOD);
}

/** Weights of n observations, oldest first: 1 for the newest 25, for the older ones evenly spaced from 1/n to 1. */
export function forgettingWeights(n: number): Float64Array {
  const old = n - NEWEST;
  return Float64Array.from({ length: n }, (_, i) => {
    if (i >= old) return 1;
    return old === 1 ? 1 / n : 1 / n + (i / (old - 1)) * (1 - 1 / n);
  });
}

/** Probabilities of the choices of one decision: weighted counts plus the prior weight each, normalised. */
export function choiceDensity(observed: readonly number[], choices: number, priorWeight: number): Float64Array {
  const weights = forgettingWeights(observed.length);
  const density = new Float64Array(choices).fill(priorWeight);
  observed.forEach((choice, i) => (density[choice] = (density[choice] as number) + (weights[i] as number)));
  const sum = density.reduce((total, value) => total + value, 0);
  return density.map((value) => value / sum);
}

/** An index drawn with the given probabilities. */
export function draw(density: Float64Array, rng: Rng): number {
  let left = rng.uniform();
  for (const [i, probability] of density.entries()) {
    left -= probability;
    if (left < 0) return i;
  }
  return density.length - 1;
}

/**
 * Density of whole points: a mixture of one product kernel per observation, which keeps combinations together, and a uniform
 * one. A kernel prefers the observed choice of each decision; the fewer observations, the less.
 */
export class JointDensity {
  readonly #counts: readonly number[];
  readonly #observed: readonly (readonly number[])[];
  readonly #weights: Float64Array;
  readonly #blur: number;

  constructor(observed: readonly (readonly number[])[], counts: readonly number[], priorWeight: number) {
    this.#counts = counts;
    this.#observed = observed;
    const weights = Float64Array.of(...forgettingWeights(observed.length), priorWeight);
    const sum = weights.reduce((total, value) => total + value, 0);
    this.#weights = weights.map((value) => value / sum);
    this.#blur = priorWeight / (observed.length + 1);
  }

  at(point: readonly number[]): number {
    return this.#weights.reduce((sum, weight, kernel) => sum + weight * this.#product(kernel, point), 0);
  }

  sample(rng: Rng): number[] {
    const kernel = draw(this.#weights, rng);
    return this.#counts.map((_, i) => draw(this.#kernel(kernel, i), rng));
  }

  #product(kernel: number, point: readonly number[]): number {
    return point.reduce((product, choice, i) => product * (this.#kernel(kernel, i)[choice] as number), 1);
  }

  /** Probabilities of a decision's choices under one kernel; the last kernel is the uniform one. */
  #kernel(kernel: number, decision: number): Float64Array {
    const count = this.#counts[decision] as number;
    const observed = this.#observed[kernel]?.[decision];
    const norm = observed === undefined ? count : 1 + count * this.#blur;
    return Float64Array.from({ length: count }, (_, choice) =>
      observed === undefined ? 1 / norm : ((choice === observed ? 1 : 0) + this.#blur) / norm,
    );
  }
}
