import type { Rng } from '../../base/rng.ts';
import type { Int8OpConfig, OpConfig, RecipeName } from '../../quantize/config.ts';
import { optionText } from '../canonical.ts';
import { RECIPE_KEYS, RECIPE_MODES, recipesOf, switchedOn } from '../recipes.ts';
import type { SpaceOp, TuneConfig, TuningSpace } from '../types.ts';
import { choosableOps } from './model-wise.ts';

/** One choice per decision: the sampling size, SmoothQuant, the recipes that are offered, then the ops in graph order. */
export type Point = readonly number[];

const SAMPLING_SIZE = 0;
const SMOOTH_QUANT = 1;
const RECIPES = 2;

/** A set of modes that ops compute in, one bit each. */
type Modes = number;
const MODE_BITS: Readonly<Record<Int8OpConfig['mode'], Modes>> = { static: 1, dynamic: 2, weight_only: 4 };

/**
 * A tuning space as a product of decisions. An op's choices are its int8 options in order, without those that mean the same,
 * then float where it is allowed; glue ops follow with their first option; SmoothQuant is off, then on with each α; every other
 * recipe is off, then on. Every config has one point: a decision that changes nothing, such as the sampling size where nothing is
 * calibrated, has its first choice.
 */
export class ChoiceSpace {
  /** Number of choices per decision. */
  readonly counts: readonly number[];
  /** How many configs there are; a float number where there are very many. */
  readonly size: number;
  readonly #space: TuningSpace;
  /** The α of SmoothQuant; undefined: off, or forced on by the driver. */
  readonly #alphas: readonly (number | undefined)[];
  readonly #recipes: readonly RecipeName[];
  /** By decision before the ops: the modes without which it changes nothing. */
  readonly #actsOn: readonly Modes[];
  /** Where the ops begin in a point. */
  readonly #opsAt: number;
  readonly #ops: readonly SpaceOp[];
  readonly #choices: readonly (readonly OpConfig[])[];
  readonly #modes: readonly (readonly Modes[])[];
  readonly #distances: readonly (readonly Uint8Array[])[];

  constructor(space: TuningSpace) {
    this.#space = space;
    this.#alphas = [undefined, ...(space.smoothAlways ? [] : space.smoothQuant)];
    this.#recipes = recipesOf(space, 'offered');
    this.#actsOn = [MODE_BITS.static, MODE_BITS.static, ...this.#recipes.map(modesOf)];
    this.#opsAt = RECIPES + this.#recipes.length;
    this.#ops = choosableOps(space);
    this.#choices = this.#ops.map(choicesOf);
    this.#modes = this.#choices.map((choices) => choices.map(modeOf));
    this.#distances = this.#choices.map(distances);
    const variations = [space.samplingSizes.length, this.#alphas.length, ...this.#recipes.map(() => 2)];
    this.counts = [...variations, ...this.#choices.map(({ length }) => length)];
    this.size = this.#ops.length === 0 ? 0 : this.#configs();
  }

  /** The point where all ops compute in float; null where one must not. */
  get floatPoint(): Point | null {
    const at = this.#choices.map((choices) => choices.indexOf('fp32'));
    return at.includes(-1) ? null : [...Array<number>(this.#opsAt).fill(0), ...at];
  }

  /** The YAML word of a decision before the ops; null for an op. */
  settingAt(decision: number): string | null {
    if (decision === SAMPLING_SIZE) return 'calib_iteration';
    if (decision === SMOOTH_QUANT) return 'smooth_quant';
    const recipe = this.#recipes[decision - RECIPES];
    return recipe === undefined ? null : RECIPE_KEYS[recipe];
  }

  /** The op that a decision is about, and its choices; null for the decisions before the ops. */
  opAt(decision: number): { readonly op: SpaceOp; readonly choices: readonly OpConfig[] } | null {
    const op = this.#ops[decision - this.#opsAt];
    const choices = this.#choices[decision - this.#opsAt];
    return op && choices ? { op, choices } : null;
  }

  configOf(point: Point): TuneConfig {
    const choices = this.#choices.map((list, i) => list[point[i + this.#opsAt] ?? 0] as OpConfig);
    const inFloat = choices.every((choice) => choice === 'fp32');
    const chosen = new Map(this.#ops.map((op, i) => [op.name, choices[i] as OpConfig]));
    const ops = this.#space.ops.flatMap((op): [string, OpConfig][] => {
      const choice = op.glue && !inFloat ? op.int8[0] : chosen.get(op.name);
      return choice === undefined ? [] : [[op.name, choice]];
    });
    const smoothQuant = this.#alphas[point[SMOOTH_QUANT] ?? 0];
    const recipes = this.#recipes.filter((_, i) => point[RECIPES + i] === 1);
    return {
      ops: Object.fromEntries(ops),
      weightStorage: this.#space.weightStorage,
      samplingSize: this.#space.samplingSizes[point[SAMPLING_SIZE] ?? 0] as number,
      ...(smoothQuant === undefined ? {} : { smoothQuant }),
      ...switchedOn(recipes),
    };
  }

  /** The one point among those with the same config. */
  canonical(point: Point): Point {
    let modes: Modes = 0;
    for (const [i, ofOp] of this.#modes.entries()) modes |= ofOp[point[i + this.#opsAt] ?? 0] as Modes;
    const isIdle = (choice: number, i: number): boolean =>
      choice !== 0 && i < this.#opsAt && (modes & (this.#actsOn[i] as Modes)) === 0;
    return point.some(isIdle) ? point.map((choice, i) => (isIdle(choice, i) ? 0 : choice)) : point;
  }

  /** Every point once, from `start` on and around: the last op changes first, the sampling size last. */
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
    let sum = 0;
    for (let i = 0; i < this.#opsAt; i++) sum += a[i] === b[i] ? 0 : 1;
    for (const [i, table] of this.#distances.entries())
      sum += table[a[i + this.#opsAt] ?? 0]?.[b[i + this.#opsAt] ?? 0] ?? 0;
    return sum;
  }

  /** Share of the ops that compute in int8. */
  int8Share(point: Point): number {
    const inInt8 = this.#choices.filter((choices, i) => choices[point[i + this.#opsAt] ?? 0] !== 'fp32');
    return inInt8.length / Math.max(1, this.#choices.length);
  }

  #configs(): number {
    let counts = new Map<Modes, number>([[0, 1]]);
    for (const ofOp of this.#modes) {
      const next = new Map<Modes, number>();
      for (const [modes, count] of counts) {
        for (const mode of ofOp) next.set(modes | mode, (next.get(modes | mode) ?? 0) + count);
      }
      counts = next;
    }
    const variants = (modes: Modes): number =>
      this.counts
        .slice(0, this.#opsAt)
        .reduce((product, n, i) => product * (modes & (this.#actsOn[i] as Modes) ? n : 1), 1);
    return [...counts].reduce((sum, [modes, count]) => sum + count * variants(modes), 0);
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

function modesOf(recipe: RecipeName): Modes {
  return RECIPE_MODES[recipe].reduce((bits, mode) => bits | MODE_BITS[mode], 0);
}

function modeOf(choice: OpConfig): Modes {
  return choice === 'fp32' ? 0 : MODE_BITS[choice.mode];
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
