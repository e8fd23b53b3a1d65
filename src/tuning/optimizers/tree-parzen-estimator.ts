import type { Rng } from '../../base/rng.ts';
import { choiceDensity, draw, goodCount, JointDensity } from './parzen.ts';

export interface Rated {
  /** One choice per decision. */
  readonly point: readonly number[];
  /** Lower is better; Infinity for a failure. */
  readonly loss: number;
}

export interface ParzenOptions {
  /** γ: how many of n trials are good: ceil(γ·√n). */
  readonly gamma: number;
  /** Candidates drawn from the good density. */
  readonly candidates: number;
  readonly priorWeight: number;
  /** True: one density of whole points; false: one per decision. */
  readonly joint: boolean;
}

/**
 * The candidate that is likeliest among the good trials relative to the others: the highest l(x)/g(x), which maximises expected
 * improvement (Bergstra et al. 2011). `rated` in order of time; `counts`: choices per decision.
 */
export function suggestByParzen(
  counts: readonly number[],
  rated: readonly Rated[],
  options: ParzenOptions,
  rng: Rng,
): number[] {
  const { good, rest } = split(rated, goodCount(rated.length, options.gamma));
  if (options.joint) return suggestJointly(counts, good, rest, options, rng);
  return counts.map((count, i) => {
    const of = (points: readonly (readonly number[])[]): Float64Array =>
      choiceDensity(
        points.map((point) => point[i] as number),
        count,
        options.priorWeight,
      );
    const [likely, unlikely] = [of(good), of(rest)];
    const candidates = Array.from({ length: options.candidates }, () => draw(likely, rng));
    return highest(candidates, (choice) => (likely[choice] as number) / (unlikely[choice] as number));
  });
}

function suggestJointly(
  counts: readonly number[],
  good: readonly (readonly number[])[],
  rest: readonly (readonly number[])[],
  { candidates, priorWeight }: ParzenOptions,
  rng: Rng,
): number[] {
  const likely = new JointDensity(good, counts, priorWeight);
  const unlikely = new JointDensity(rest, counts, priorWeight);
  const drawn = Array.from({ length: candidates }, () => likely.sample(rng));
  return highest(drawn, (point) => likely.at(point) / unlikely.at(point));
}

/** The points of lowest loss and the others, each in order of time; the earlier one on equal loss. */
function split(
  rated: readonly Rated[],
  count: number,
): { readonly good: readonly (readonly number[])[]; readonly rest: readonly (readonly number[])[] } {
  const byLoss = rated.toSorted((a, b) => (a.loss === b.loss ? 0 : a.loss - b.loss));
  const isGood = new Set(byLoss.slice(0, count));
  const points = (good: boolean): (readonly number[])[] =>
    rated.filter((each) => isGood.has(each) === good).map(({ point }) => point);
  return { good: points(true), rest: points(false) };
}

/** The item of the highest score; the first of equals. */
function highest<T>(items: readonly T[], score: (item: T) => number): T {
  return items.reduce((best, item) => (score(item) > score(best) ? item : best));
}
