import type { Rng } from '../base/rng.ts';
import type { Decision } from './decisions.ts';

export interface Node {
  readonly value: number;
  /** Null: a leaf. Codes in `mask` go to `inside`. */
  readonly split: { readonly at: number; readonly mask: number; readonly inside: Node; readonly outside: Node } | null;
}

/** What is known of each trial: its value, and how sure it is, above 0. */
export interface Sample {
  readonly row: number;
  readonly value: number;
  readonly weight: number;
}

/** Share of the decisions that a split may choose from (as in SMAC's forests). */
const CANDIDATES = 5 / 6;

/** Sums over samples by weight. */
class Sums {
  weight = 0;
  total = 0;

  add({ value, weight }: Sample): void {
    this.weight += weight;
    this.total += weight * value;
  }

  /** Of the sum of squares, what the mean accounts for. */
  get square(): number {
    return this.weight > 0 ? (this.total * this.total) / this.weight : 0;
  }
}

/** A regression tree, grown until its leaves hold one value; splits are one value of one decision against its others. */
export function growTree(samples: readonly Sample[], decisions: readonly Decision[], rng: Rng): Node {
  const sums = new Sums();
  for (const sample of samples) sums.add(sample);
  const value = sums.total / sums.weight;
  const best = samples.length < 2 ? null : bestSplit(samples, sums, decisions, rng);
  if (!best) return { value, split: null };
  const isInside = ({ row }: Sample): boolean => has(best.mask, codeOf(decisions, best.at, row));
  const inside = growTree(samples.filter(isInside), decisions, rng);
  const outside = growTree(
    samples.filter((sample) => !isInside(sample)),
    decisions,
    rng,
  );
  return { value, split: { ...best, inside, outside } };
}

/** By the variance that it takes away; null where nothing does. */
function bestSplit(
  samples: readonly Sample[],
  sums: Sums,
  decisions: readonly Decision[],
  rng: Rng,
): { readonly at: number; readonly mask: number } | null {
  let best: { readonly at: number; readonly mask: number } | null = null;
  let most = sums.square * (1 + 1e-12) + 1e-24;
  for (const at of candidates(decisions.length, rng)) {
    const inside = (decisions[at]?.values ?? []).map(() => new Sums());
    for (const sample of samples) inside[codeOf(decisions, at, sample.row)]?.add(sample);
    for (const [code, own] of inside.entries()) {
      const outside = new Sums();
      outside.weight = sums.weight - own.weight;
      outside.total = sums.total - own.total;
      if (own.weight === 0 || outside.weight <= 1e-12 * sums.weight) continue;
      const square = own.square + outside.square;
      if (square > most) [most, best] = [square, { at, mask: 1 << code }];
    }
  }
  return best;
}

function candidates(count: number, rng: Rng): number[] {
  const left = Array.from({ length: count }, (_, at) => at);
  while (left.length > Math.max(1, Math.ceil(CANDIDATES * count))) left.splice(rng.below(left.length), 1);
  return left;
}

export function predict({ value, split }: Node, decisions: readonly Decision[], row: number): number {
  if (!split) return value;
  const isInside = has(split.mask, codeOf(decisions, split.at, row));
  return predict(isInside ? split.inside : split.outside, decisions, row);
}

/** The mean of a tree over all configs, each value of a decision counting alike, its variance, and what each value adds to the mean. */
export interface Marginals {
  readonly mean: number;
  readonly variance: number;
  /** By decision and value. */
  readonly effects: readonly Float64Array[];
}

/** Leaves are boxes: marginals are sums over them. */
export function marginals(root: Node, decisions: readonly Decision[]): Marginals {
  const sizes = decisions.map(({ values }) => values.length);
  const leaves: { readonly masks: ReadonlyMap<number, number>; readonly volume: number; readonly value: number }[] = [];
  const visit = ({ value, split }: Node, masks: ReadonlyMap<number, number>, volume: number): void => {
    if (!split) {
      leaves.push({ masks, volume, value });
      return;
    }
    const whole = masks.get(split.at) ?? 2 ** (sizes[split.at] ?? 0) - 1;
    const descend = (mask: number, child: Node): void =>
      visit(child, new Map([...masks, [split.at, mask]]), (volume * bits(mask)) / bits(whole));
    descend(whole & split.mask, split.inside);
    descend(whole & ~split.mask, split.outside);
  };
  visit(root, new Map(), 1);
  const mean = leaves.reduce((sum, { volume, value }) => sum + volume * value, 0);
  const variance = leaves.reduce((sum, { volume, value }) => sum + volume * (value - mean) ** 2, 0);
  const effects = sizes.map((size) => new Float64Array(size));
  for (const { masks, volume, value } of leaves) {
    for (const [at, mask] of masks) {
      const effect = effects[at];
      const inside = (sizes[at] ?? 0) / bits(mask) - 1;
      effect?.forEach((sum, code) => {
        effect[code] = sum + volume * (value - mean) * (has(mask, code) ? inside : -1);
      });
    }
  }
  return { mean, variance, effects };
}

function codeOf(decisions: readonly Decision[], at: number, row: number): number {
  return decisions[at]?.codes[row] ?? 0;
}

function has(mask: number, code: number): boolean {
  return ((mask >>> code) & 1) === 1;
}

function bits(mask: number): number {
  let count = 0;
  for (let left = mask; left !== 0; left &= left - 1) count++;
  return count;
}
