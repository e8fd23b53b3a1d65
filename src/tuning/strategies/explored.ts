import type { Rng } from '../../base/rng.ts';
import type { Trial } from '../types.ts';
import type { ChoiceSpace, Point } from './choice-space.ts';

export interface Observation {
  readonly point: Point;
  readonly trial: Trial;
}

/** Random points tried before the space is walked for one that is new. */
const RANDOM_TRIES = 100;

/** The points whose trials are known. */
export class Explored {
  readonly space: ChoiceSpace;
  readonly observations: Observation[] = [];
  readonly #keys = new Set<string>();

  constructor(space: ChoiceSpace) {
    this.space = space;
  }

  add(point: Point, trial: Trial): void {
    this.#keys.add(point.join());
    this.observations.push({ point, trial });
  }

  has(point: Point): boolean {
    return this.#keys.has(point.join());
  }

  get isComplete(): boolean {
    return this.#keys.size >= this.space.size;
  }

  /** A random new point; null where there is none. Uniform per decision unless nearly all points are known. */
  randomUnseen(rng: Rng): Point | null {
    if (this.isComplete) return null;
    let point = this.space.random(rng);
    for (let i = 0; i < RANDOM_TRIES && this.has(point); i++) point = this.space.random(rng);
    for (const next of this.space.points(point)) if (!this.has(next)) return next;
    return null;
  }
}
