import type { Decision } from '../../history/decisions.ts';
import { decisionName } from '../../history/decisions.ts';
import type { Trial } from '../../tuning/types.ts';
import { ticks } from './ticks.ts';

/** What lines are drawn through; heights are 0 (bottom) … 1, null where a trial has no value. */
export interface Axis {
  readonly id: string;
  readonly name: string;
  /** The whole name, where `name` is short for it. */
  readonly title: string;
  readonly heights: readonly (number | null)[];
  readonly ticks: readonly { readonly height: number; readonly label: string }[];
  /** Parts of the axis that can be chosen by name. */
  readonly parts: readonly AxisRange[];
}

export interface AxisRange {
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

export interface Measure {
  readonly id: string;
  readonly name: string;
  readonly of: (trial: Trial) => number | null;
  readonly text: (value: number) => string;
}

/** Share of the room of a choice that its lines are spread over. */
const SPREAD = 0.5;
const TICKS = 5;
/** Parts of a measured axis, by rank. */
const PARTS = [
  { label: 'highest quarter', from: 0.75, to: 1 },
  { label: 'higher half', from: 0.5, to: 1 },
  { label: 'lower half', from: 0, to: 0.5 },
  { label: 'lowest quarter', from: 0, to: 0.25 },
];

export function measureAxis(trials: readonly Trial[], { id, name, of, text }: Measure): Axis {
  const values = trials.map(of);
  const known = values.filter((value) => value !== null).sort((a, b) => a - b);
  const [low = 0, high = 0] = [known[0], known.at(-1)];
  const height = (value: number): number => (high > low ? (value - low) / (high - low) : 0.5);
  const at = (share: number): number => height(known[Math.round(share * (known.length - 1))] ?? low);
  const shown = high > low ? ticks(low, high, TICKS) : known.slice(0, 1);
  return {
    id,
    name,
    title: name,
    heights: values.map((value) => (value === null ? null : height(value))),
    ticks: shown
      .map((value) => ({ height: height(value), label: text(value) }))
      .filter(({ label }, i, all) => label !== all[i - 1]?.label),
    parts: high > low ? PARTS.map(({ label, from, to }) => ({ label, from: at(from), to: at(to) })) : [],
  };
}

/** A choice's lines lie side by side, in order of `rank`, so that their number can be seen. */
export function choiceAxis(decision: Decision, id: string, rank: readonly number[]): Axis {
  const { values, codes, names } = decision;
  const room = 1 / values.length;
  const heights = new Array<number>(codes.length).fill(0);
  const members = values.map((): number[] => []);
  for (const [trial, code] of codes.entries()) members[code]?.push(trial);
  for (const [code, trials] of members.entries()) {
    trials.sort((a, b) => (rank[a] ?? 0) - (rank[b] ?? 0));
    for (const [i, trial] of trials.entries()) {
      const offset = trials.length > 1 ? i / (trials.length - 1) - 0.5 : 0;
      heights[trial] = room * (code + 0.5 + SPREAD * offset);
    }
  }
  return {
    id,
    name: decisionName(decision),
    title: names.join(', '),
    heights,
    ticks: values.map((label, code) => ({ height: room * (code + 0.5), label })),
    parts: values.map((label, code) => ({ label, from: room * code, to: room * (code + 1) })),
  };
}

/** Which trials lie in all chosen ranges, by axis. */
export function passing(axes: readonly Axis[], ranges: ReadonlyMap<string, AxisRange>, count: number): boolean[] {
  const chosen = axes.flatMap((axis) => {
    const range = ranges.get(axis.id);
    return range ? [{ axis, range }] : [];
  });
  return Array.from({ length: count }, (_, trial) =>
    chosen.every(({ axis: { heights }, range: { from, to } }) => {
      const height = heights[trial];
      return typeof height === 'number' && height >= from - 1e-9 && height <= to + 1e-9;
    }),
  );
}

/** Places of axes and lines, in pixels. */
export class ParallelFrame {
  readonly #axes: readonly Axis[];
  readonly left: number;
  readonly top: number;
  readonly bottom: number;
  readonly step: number;
  /** Where a trial without a value passes. */
  readonly missingY: number;

  constructor(axes: readonly Axis[], width: number, height: number) {
    this.#axes = axes;
    this.left = LEFT;
    this.top = 12;
    this.bottom = height - 30;
    this.missingY = height - 10;
    this.step = (width - this.left - RIGHT) / Math.max(1, axes.length - 1);
  }

  x(axis: number): number {
    return this.left + axis * this.step;
  }

  y(height: number | null | undefined): number {
    return typeof height === 'number' ? this.bottom - height * (this.bottom - this.top) : this.missingY;
  }

  /** Height on an axis, 0 … 1. */
  heightAt(y: number): number {
    return Math.min(1, Math.max(0, (this.bottom - y) / (this.bottom - this.top)));
  }

  /** One SVG path through all axes for all these trials. */
  path(trials: readonly number[]): string {
    const xs = this.#axes.map((_, axis) => `${axis === 0 ? 'M' : 'L'}${this.x(axis).toFixed(1)} `);
    let path = '';
    for (const trial of trials) {
      for (let axis = 0; axis < xs.length; axis++) {
        // toFixed would take most of the time of a thousand lines.
        path += (xs[axis] ?? '') + Math.round(10 * this.y(this.#axes[axis]?.heights[trial])) / 10;
      }
    }
    return path;
  }

  /** The trial among these whose line is nearest above or below a point, if one is within `reach` pixels. */
  nearest(trials: readonly number[], x: number, y: number, reach: number): number | null {
    const place = Math.min(Math.max(0, (x - this.left) / this.step), this.#axes.length - 1);
    const axis = Math.min(Math.floor(place), Math.max(0, this.#axes.length - 2));
    const share = place - axis;
    let [found, least]: [number | null, number] = [null, reach];
    for (const trial of trials) {
      const a = this.y(this.#axes[axis]?.heights[trial]);
      const b = this.y(this.#axes[Math.min(axis + 1, this.#axes.length - 1)]?.heights[trial]);
      const distance = Math.abs(a + share * (b - a) - y);
      if (distance <= least) [found, least] = [trial, distance];
    }
    return found;
  }
}

const LEFT = 24;
/** Room for the labels of the last axis. */
const RIGHT = 76;
/** From one axis to the next with room for its labels, and at the least. */
const STEP = 96;
const LEAST_STEP = 62;

/** As many axes as a width has room for. */
export function axesFor(width: number): number {
  return 1 + Math.floor((width - LEFT - RIGHT) / STEP);
}

/** What so many axes need; what is wider than its place scrolls. */
export function leastWidth(axes: number): number {
  return LEFT + RIGHT + LEAST_STEP * (axes - 1);
}
