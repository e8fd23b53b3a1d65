import { Cholesky } from './cholesky.ts';
import type { Belief } from './expected-improvement.ts';

/** A config as the units that compute in int8 (1) or float (0), and what it lost. */
export interface LossObservation {
  readonly point: readonly number[];
  readonly loss: number;
  /** Of the loss, where it stands for a part of the samples; 0 for all of them. */
  readonly variance: number;
}

export interface LossPrior {
  /** Expected loss of each unit by itself, and the doubt about it. */
  readonly means: readonly number[];
  readonly deviations: readonly number[];
  /** Deviation of a loss from the sum of its parts, whatever the config. */
  readonly noise: number;
  /** The same as a share of the expected loss. */
  readonly relativeNoise: number;
}

/**
 * Bayesian linear model of quantization loss: loss(x) = Σ θᵢ·xᵢ + r with θᵢ ~ N(mᵢ, sᵢ²) and r ~ N(0, noise² + (relative·m·x)²).
 * To second order the losses of single ops add up, as their errors are nearly uncorrelated (HAWQ's argument, forward only).
 */
export class AdditiveLoss {
  readonly #prior: LossPrior;
  readonly #observations: readonly LossObservation[];
  readonly #factor: Cholesky | null;
  readonly #weights: Float64Array;
  /** log p(losses | prior). */
  readonly logEvidence: number;

  constructor(prior: LossPrior, observations: readonly LossObservation[]) {
    this.#prior = prior;
    this.#observations = observations;
    const n = observations.length;
    const matrix = Float64Array.from({ length: n * n }, (_, at) => {
      const [row, column] = [Math.floor(at / n), at % n];
      const [a, b] = [observations[row] as LossObservation, observations[column] as LossObservation];
      return this.#covariance(a.point, b.point) + (row === column ? this.#residual(a.point) + a.variance : 0);
    });
    const residuals = Float64Array.from(observations, ({ point, loss }) => loss - this.#expected(point));
    this.#factor = n === 0 ? null : new Cholesky(matrix, n);
    this.#weights = this.#factor?.solve(residuals) ?? new Float64Array();
    const fit = residuals.reduce((sum, value, i) => sum + value * (this.#weights[i] as number), 0);
    this.logEvidence = -0.5 * (fit + (this.#factor?.logDeterminant ?? 0) + n * Math.log(2 * Math.PI));
  }

  /** Belief about the sum Σ θᵢ·xᵢ. */
  sum(point: readonly number[]): Belief {
    const covariances = Float64Array.from(this.#observations, (each) => this.#covariance(point, each.point));
    const mean = covariances.reduce(
      (sum, value, i) => sum + value * (this.#weights[i] as number),
      this.#expected(point),
    );
    const projected = this.#factor?.solveLower(covariances) ?? covariances;
    const variance = this.#covariance(point, point) - projected.reduce((sum, value) => sum + value * value, 0);
    return { mean, deviation: Math.sqrt(Math.max(0, variance)) };
  }

  /** Belief about the loss that a trial would show. */
  loss(point: readonly number[]): Belief {
    const { mean, deviation } = this.sum(point);
    return { mean, deviation: Math.sqrt(deviation * deviation + this.#residual(point)) };
  }

  #expected(point: readonly number[]): number {
    return point.reduce((sum, x, i) => sum + x * (this.#prior.means[i] ?? 0), 0);
  }

  #covariance(a: readonly number[], b: readonly number[]): number {
    return a.reduce((sum, x, i) => sum + x * (b[i] ?? 0) * (this.#prior.deviations[i] ?? 0) ** 2, 0);
  }

  #residual(point: readonly number[]): number {
    return this.#prior.noise ** 2 + (this.#prior.relativeNoise * this.#expected(point)) ** 2;
  }
}

/** How far the shares from probes are believed, and how much doubt goes with a mean. */
const TRUSTS = [1, 0.7, 0.3, 0];
const DOUBTS = [0.5, 1, 2];
const LEAST_DEVIATION = 0.1;
const RELATIVE_NOISE = 0.1;

/**
 * The additive model whose prior explains the observations best: the loss of everything in int8 falls to the units by their
 * shares, or evenly where the observations speak against the shares. `shares` sum to 1.
 */
export function bestAdditiveLoss(
  shares: readonly number[],
  whole: number,
  noise: number,
  observations: readonly LossObservation[],
): AdditiveLoss {
  const even = 1 / Math.max(1, shares.length);
  let best: AdditiveLoss | undefined;
  for (const trust of TRUSTS) {
    const means = shares.map((share) => whole * (trust * share + (1 - trust) * even));
    for (const doubt of DOUBTS) {
      const deviations = means.map((mean) => Math.max(doubt * mean, LEAST_DEVIATION * whole * even));
      const model = new AdditiveLoss({ means, deviations, noise, relativeNoise: RELATIVE_NOISE }, observations);
      if (best === undefined || model.logEvidence > best.logEvidence) best = model;
    }
  }
  return best as AdditiveLoss;
}
