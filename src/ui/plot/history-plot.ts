import { interquartileRange, quantile } from '../../base/statistics.ts';
import type { Goal } from '../../history/session-record.ts';
import type { Trial } from '../../tuning/types.ts';
import { ticks } from './ticks.ts';

export interface Mark {
  readonly trial: Trial;
  readonly x: number;
  readonly y: number;
  /** `off-scale`: too far from the rest; drawn at the edge. */
  readonly kind: 'met' | 'missed' | 'failed' | 'off-scale';
}

/** A horizontal line with its name at the right end; names are kept apart. */
export interface Level {
  readonly name: 'float' | 'needed';
  readonly y: number;
  readonly labelY: number;
}

/** The history chart as plain geometry, in pixels. */
export interface HistoryPlot {
  readonly marks: readonly Mark[];
  readonly yTicks: readonly { readonly y: number; readonly value: number }[];
  readonly xTicks: readonly { readonly x: number; readonly value: number }[];
  readonly levels: readonly Level[];
  /** SVG path of the best score so far, as steps. */
  readonly bestPath: string;
  readonly frame: Frame;
}

export interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface HistoryInput {
  readonly trials: readonly Trial[];
  readonly goal: Goal | null;
  readonly baselineScore: number | null;
  readonly width: number;
  readonly height: number;
}

/** The least number of trials that the axis has room for: the first points must not jump about. */
const MIN_TRIALS = 10;
export const MARGIN = { left: 62, right: 58, top: 16, bottom: 30 };
/** Share of the score range left free above and below. */
const HEADROOM = 0.08;
/** Scores farther than this many interquartile ranges from the quartiles are off the scale (Tukey's outer fences). */
const FENCE = 3;
/** Fences mean little for fewer scores. */
const MIN_FENCED = 8;
const LABEL_PIXELS = 15;

/** Scores over trial numbers, with the lines to compare them with. */
export function historyPlot({ trials, goal, baselineScore, width, height }: HistoryInput): HistoryPlot {
  const frame: Frame = {
    left: MARGIN.left,
    right: Math.max(MARGIN.left + 40, width - MARGIN.right),
    top: MARGIN.top,
    bottom: height - MARGIN.bottom,
  };
  const last = Math.max(MIN_TRIALS, trials.at(-1)?.number ?? 0);
  const levels = [...(goal ? [goal.target] : []), ...(baselineScore === null ? [] : [baselineScore])];
  const [low, high] = scoreRange(
    trials.flatMap(({ score }) => (score === null ? [] : [score])),
    levels,
  );
  const x = (number: number): number => frame.left + 10 + ((frame.right - frame.left - 20) * number) / last;
  const y = (score: number): number => frame.bottom - ((frame.bottom - frame.top) * (score - low)) / (high - low);
  const marks = trials.map((trial) => markOf(trial, x(trial.number), y, frame));
  return {
    marks,
    yTicks: (levels.length > 0 ? ticks(low, high, 5) : []).map((value) => ({ y: y(value), value })),
    xTicks: (levels.length > 0 ? ticks(0, last, width < 480 ? 4 : 8) : [])
      .filter((value) => Number.isInteger(value))
      .map((value) => ({ x: x(value), value })),
    levels: levelsOf(goal && y(goal.target), baselineScore === null ? null : y(baselineScore)),
    bestPath: bestPath(marks, goal?.higherIsBetter ?? true),
    frame,
  };
}

function markOf(trial: Trial, x: number, y: (score: number) => number, { top, bottom }: Frame): Mark {
  if (trial.score === null) return { trial, x, y: bottom, kind: 'failed' };
  const at = y(trial.score);
  if (at > bottom || at < top) return { trial, x, y: Math.min(bottom - 6, Math.max(top + 6, at)), kind: 'off-scale' };
  return { trial, x, y: at, kind: trial.met ? 'met' : 'missed' };
}

/** What the score axis shows: all levels, and the scores that are not far from the rest. */
export function scoreRange(scores: readonly number[], levels: readonly number[]): [number, number] {
  const fence = scores.length < MIN_FENCED ? Infinity : FENCE * interquartileRange(scores);
  const [first, third] = [quantile(scores, 0.25), quantile(scores, 0.75)];
  const near = scores.filter((score) => score >= first - fence && score <= third + fence);
  const shown = [...near, ...levels];
  if (shown.length === 0) return [0, 1];
  const low = Math.min(...shown);
  const high = Math.max(...shown);
  const room = high > low ? HEADROOM * (high - low) : Math.max(0.01, 0.05 * Math.abs(high));
  return [low - room, high + room];
}

function levelsOf(targetY: number | null, baselineY: number | null): Level[] {
  if (targetY === null || baselineY === null) return [];
  const middle = (targetY + baselineY) / 2;
  const half = Math.max(LABEL_PIXELS, Math.abs(targetY - baselineY)) / 2;
  const sign = targetY >= baselineY ? 1 : -1;
  return [
    { name: 'float', y: baselineY, labelY: middle - sign * half },
    { name: 'needed', y: targetY, labelY: middle + sign * half },
  ];
}

function bestPath(marks: readonly Mark[], higherIsBetter: boolean): string {
  let path = '';
  let best: Mark | null = null;
  for (const mark of marks) {
    if (mark.kind === 'failed' || mark.kind === 'off-scale') continue;
    // Pixels grow downwards.
    const beats = best === null || (higherIsBetter ? mark.y < best.y : mark.y > best.y);
    if (best === null) path = `M${mark.x.toFixed(1)} ${mark.y.toFixed(1)}`;
    else path += `H${mark.x.toFixed(1)}${beats ? `V${mark.y.toFixed(1)}` : ''}`;
    if (beats) best = mark;
  }
  return path;
}
