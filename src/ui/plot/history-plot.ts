import type { Goal } from '../../history/session-record.ts';
import type { Trial } from '../../tuning/types.ts';
import { ticks } from './ticks.ts';

export interface Mark {
  readonly trial: Trial;
  readonly x: number;
  readonly y: number;
  readonly kind: 'met' | 'missed' | 'failed';
}

/** The history chart as plain geometry, in pixels. */
export interface HistoryPlot {
  readonly marks: readonly Mark[];
  readonly yTicks: readonly { readonly y: number; readonly value: number }[];
  readonly xTicks: readonly { readonly x: number; readonly value: number }[];
  readonly targetY: number | null;
  readonly baselineY: number | null;
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
const MARGIN = { left: 62, right: 14, top: 16, bottom: 30 };
/** Share of the score range left free above and below. */
const HEADROOM = 0.08;

/** Scores over trial numbers, with the lines to compare them with. */
export function historyPlot({ trials, goal, baselineScore, width, height }: HistoryInput): HistoryPlot {
  const frame: Frame = {
    left: MARGIN.left,
    right: Math.max(MARGIN.left + 40, width - MARGIN.right),
    top: MARGIN.top,
    bottom: height - MARGIN.bottom,
  };
  const last = Math.max(MIN_TRIALS, trials.at(-1)?.number ?? 0);
  const scores = trials.flatMap(({ score }) => (score === null ? [] : [score]));
  const known = [...scores, ...(goal ? [goal.target] : []), ...(baselineScore === null ? [] : [baselineScore])];
  const [low, high] = scoreRange(known);
  const x = (number: number): number => frame.left + 10 + ((frame.right - frame.left - 20) * number) / last;
  const y = (score: number): number => frame.bottom - ((frame.bottom - frame.top) * (score - low)) / (high - low);
  const marks = trials.map((trial): Mark => {
    const failed = trial.score === null;
    return {
      trial,
      x: x(trial.number),
      y: failed ? frame.bottom : y(trial.score),
      kind: failed ? 'failed' : trial.met ? 'met' : 'missed',
    };
  });
  return {
    marks,
    yTicks: ticks(low, high, height < 200 ? 3 : 5).map((value) => ({ y: y(value), value })),
    xTicks: ticks(0, last, width < 480 ? 4 : 8)
      .filter((value) => Number.isInteger(value))
      .map((value) => ({ x: x(value), value })),
    targetY: goal ? y(goal.target) : null,
    baselineY: baselineScore === null ? null : y(baselineScore),
    bestPath: bestPath(marks, goal?.higherIsBetter ?? true),
    frame,
  };
}

function scoreRange(scores: readonly number[]): [number, number] {
  if (scores.length === 0) return [0, 1];
  const low = Math.min(...scores);
  const high = Math.max(...scores);
  const room = high > low ? HEADROOM * (high - low) : Math.max(0.01, 0.05 * Math.abs(high));
  return [low - room, high + room];
}

function bestPath(marks: readonly Mark[], higherIsBetter: boolean): string {
  let path = '';
  let best: Mark | null = null;
  for (const mark of marks) {
    if (mark.kind === 'failed') continue;
    // Pixels grow downwards.
    const beats = best === null || (higherIsBetter ? mark.y < best.y : mark.y > best.y);
    if (best === null) path = `M${mark.x.toFixed(1)} ${mark.y.toFixed(1)}`;
    else path += `H${mark.x.toFixed(1)}${beats ? `V${mark.y.toFixed(1)}` : ''}`;
    if (beats) best = mark;
  }
  return path;
}
