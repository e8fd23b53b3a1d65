import type { Rng } from '../../base/rng.ts';
import type { OpConfig } from '../../quantize/config.ts';
import { optionText } from '../canonical.ts';
import type { SpaceOp, TuneConfig, TuningSpace } from '../types.ts';
import { choosableOps } from './model-wise.ts';

/** One choice per decision: the sampling size first, then SmoothQuant, then the ops in graph order. */
export type Point = readonly number[];

/** Where the ops begin in a point. */
const OPS = 2;

/**
 * A tuning space as a product of decisions. An op's choices are its int8 options in order, without those that mean the same,
 * then float where it is allowed; glue ops follow with their first option; SmoothQuant is off, then on with each α. Every config
 * has one point: where nothing is calibrated, the choices before the ops are the first ones.
 */
export class ChoiceSpace {
  /** Number of choices per decision. */
  readonly counts: readonly number[];
  /** How many configs there are; a float number where there are very many. */
  readonly size: number;
  readonly #space: TuningSpace;
  /** The α of SmoothQuant; undefined: off, or forced on by the driver. */
  readonly #alphas: readonly (number | undefined)[];
  readonly #ops: readonly SpaceOp[];
  readonly #choices: readonly (readonly OpConfig[])[];
  readonly #calibrated: readonly (readonly boolean[])[];
  readonly #distances: readonly (readonly Uint8Array[])[];

  constructor(space: TuningSpace) {
    this.#space = space;
    this.#alphas = [undefined, ...(space.smoothAlways ? [] : space.smoothQuant)];
    this.#ops = choosableOps(space);
    this.#choices = this.#ops.map(choicesOf);
    this.#calibrated = this.#choices.map((choices) => choices.map((one) => one !== 'fp32' && one.mode === 'static'));
    this.#distances = this.#choices.map(distances);
    this.counts = [space.samplingSizes.length, this.#alphas.length, ...this.#choices.map(({ length }) => length)];
    const all = this.#choices.reduce((product, { length }) => product * length, 1);
    const uncalibrated = this.#calibrated.reduce((product, ofOp) => product * ofOp.filter((is) => !is).length, 1);
    const recipes = space.samplingSizes.length * this.#alphas.length;
    this.size = this.#ops.length === 0 ? 0 : (all - uncalibrated) * recipes + uncalibrated;
  }

  /** The point where all ops compute in float; null where one must not. */
  get floatPoint(): Point | null {
    const at = this.#choices.map((choices) => choices.indexOf('fp32'));
    return at.includes(-1) ? null : [0, 0, ...at];
  }

  /** The op that a decision is about, and its choices; null for the decisions before the ops. */
  opAt(decision: number): { readonly op: SpaceOp; readonly choices: readonly OpConfig[] } | null {
    const op = this.#ops[decision - OPS];
    const choices = this.#choices[decision - OPS];
    return op && choices ? { op, choices } : null;
  }

  configOf(point: Point): TuneConfig {
    const choices = this.#choices.map((list, i) => list[point[i + OPS] ?? 0] as OpConfig);
    const inFloat = choices.every((choice) => choice === 'fp32');
    const chosen = new Map(this.#ops.map((op, i) => [op.name, choices[i] as OpConfig]));
    const ops = this.#space.ops.flatMap((op): [string, OpConfig][] => {
      const choice = op.glue && !inFloat ? op.int8[0] : chosen.get(op.name);
      return choice === undefined ? [] : [[op.name, choice]];
    });
    const samplingSize = this.#space.samplingSizes[point[0] ?? 0] as number;
    const smoothQuant = this.#alphas[point[1] ?? 0];
    const config = { ops: Object.fromEntries(ops), weightStorage: this.#space.weightStorage, samplingSize };
    return smoothQuant === undefined ? config : { ...config, smoothQuant };
  }

  /** The one point among those with the same config. */
  canonical(point: Point): Point {
    const calibrated = this.#calibrated.some((ofOp, i) => ofOp[point[i + OPS] ?? 0]);
    return calibrated || (point[0] === 0 && point[1] === 0) ? point : [0, 0, ...point.slice(OPS)];
  }

  /** Every point once, from `start` on and around: the sampling size changes last, SmoothQuant before it, the last op first. */
  *points(start: Point = this.counts.map(() => 0)): Generator<Point> {
    if (this.size === 0) return;
    let point = start;
    do {
      if (this.canonical(point) === point) yield point;
      point = this.#next(point);
    } while (point.some((choice, i) => choice !== start[i]));
  }

  /** Every decision at random by itself. */
  random(rng: Rng): Point {
    return this.canonical(this.counts.map((count) => rng.below(count)));
  }

  /** Points that differ in one decision. */
  *neighbours(point: Point): Generator<Point> {
    for (const [i, count] of this.counts.entries()) {
      for (let choice = 0; choice < count; choice++) {
        if (choice === point[i]) continue;
        const changed = this.canonical(point.with(i, choice));
        if (changed.some((other, at) => other !== point[at])) yield changed;
      }
    }
  }

  /** Half the squared distance of one-hot vectors over the factors of each op: mode, weight, activation, range method. */
  distance(a: Point, b: Point): number {
    let sum = (a[0] === b[0] ? 0 : 1) + (a[1] === b[1] ? 0 : 1);
    for (const [i, table] of this.#distances.entries()) sum += table[a[i + OPS] ?? 0]?.[b[i + OPS] ?? 0] ?? 0;
    return sum;
  }

  /** Share of the ops that compute in int8. */
  int8Share(point: Point): number {
    const inInt8 = this.#choices.filter((choices, i) => choices[point[i + OPS] ?? 0] !== 'fp32');
    return inInt8.length / Math.max(1, this.#choices.length);
  }

  #next(point: Point): Point {
    const next = [...point];
    for (let i = next.length - 1; i >= 0; i--) {
      next[i] = ((next[i] ?? 0) + 1) % (this.counts[i] ?? 1);
      if (next[i] !== 0) break;
    }
    return next;
  }
}

function choicesOf({ int8, float }: SpaceOp): readonly OpConfig[] {
  const texts = int8.map(optionText);
  const different = int8.filter((_, i) => texts.indexOf(texts[i] as string) === i);
  return float ? [...different, 'fp32'] : different;
}

/** What tells the choices of an op apart; float differs from every int8 option in all of them. */
function factorsOf(choice: OpConfig): readonly string[] {
  if (choice === 'fp32') return ['float', '', '', '', '', ''];
  const { mode, weight, activation } = choice;
  const types = [`${weight.dtype} ${weight.scheme}`, `${activation.dtype} ${activation.scheme}`];
  const granularity = `${weight.granularity} ${weight.groupSize ?? ''}`;
  return ['int8', mode, granularity, ...types, mode === 'dynamic' ? 'none' : activation.algorithm];
}

/** Numbers of differing factors, of those in which the int8 options of an op differ; float or int8 is always one. */
function distances(choices: readonly OpConfig[]): readonly Uint8Array[] {
  const factors = choices.map(factorsOf);
  const int8 = factors.filter(([kind]) => kind === 'int8');
  const varying = [0, 1, 2, 3, 4, 5].filter((i) => i === 0 || new Set(int8.map((each) => each[i])).size > 1);
  return factors.map((a) => Uint8Array.from(factors, (b) => varying.filter((i) => a[i] !== b[i]).length));
}
