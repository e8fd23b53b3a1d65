import type { Goal } from '../../history/session-record.ts';
import type { Baseline, Trial } from '../../tuning/types.ts';
import { MARGIN, scoreRange, type Frame } from './history-plot.ts';
import { ticks } from './ticks.ts';

/** What a score is paid with: the latency ratio to the float model, or the file's bytes. */
export type Cost = 'latency' | 'size';

export interface ParetoMark {
  readonly trial: Trial;
  readonly x: number;
  readonly y: number;
  /** `pruned`: its score is an estimate from few samples. */
  readonly kind: 'met' | 'missed' | 'pruned';
  /** No complete trial is better in one of score and cost without being worse in the other. */
  readonly front: boolean;
}

/** Score over cost as plain geometry, in pixels. */
export interface ParetoPlot {
  /** From cheap to dear. */
  readonly marks: readonly ParetoMark[];
  /** The float model. */
  readonly float: { readonly x: number; readonly y: number } | null;
  readonly neededY: number | null;
  /** SVG path through the front, as steps: what is attained up to a cost. */
  readonly frontPath: string;
  readonly xTicks: readonly { readonly x: number; readonly value: number }[];
  readonly yTicks: readonly { readonly y: number; readonly value: number }[];
  /** Trials with a score whose cost was not measured, or whose score is off the scale. */
  readonly leftOut: number;
  readonly frame: Frame;
}

export interface ParetoInput {
  readonly trials: readonly Trial[];
  readonly cost: Cost;
  readonly goal: Goal | null;
  readonly baseline: Baseline | null;
  readonly width: number;
  readonly height: number;
}

interface Point {
  readonly trial: Trial;
  readonly score: number;
  readonly cost: number;
}

/** Share of the cost range left free on either side. */
const HEADROOM = 0.06;

export function paretoPlot({ trials, cost, goal, baseline, width, height }: ParetoInput): ParetoPlot {
  const frame: Frame = {
    left: MARGIN.left,
    right: Math.max(MARGIN.left + 40, width - MARGIN.right),
    top: MARGIN.top,
    bottom: height - MARGIN.bottom,
  };
  const scored = trials.filter(({ score }) => score !== null);
  const points = scored.flatMap((trial) => pointOf(trial, cost)).sort((a, b) => a.cost - b.cost);
  const levels = [...(goal ? [goal.target] : []), ...(baseline ? [baseline.score] : [])];
  const [low, high] = scoreRange(
    points.map(({ score }) => score),
    levels,
  );
  const shown = points.filter(({ score }) => score >= low && score <= high);
  const floatCost = baseline && (cost === 'latency' ? 1 : baseline.sizeBytes);
  const [least, most] = costRange([...shown.map((point) => point.cost), ...(floatCost === null ? [] : [floatCost])]);
  const x = (value: number): number => frame.left + ((frame.right - frame.left) * (value - least)) / (most - least);
  const y = (score: number): number => frame.bottom - ((frame.bottom - frame.top) * (score - low)) / (high - low);
  const front = frontOf(shown, goal?.higherIsBetter ?? true);
  const marks = shown.map((point) => ({
    trial: point.trial,
    x: x(point.cost),
    y: y(point.score),
    kind: kindOf(point.trial),
    front: front.has(point),
  }));
  const empty = baseline === null;
  return {
    marks,
    float: baseline && { x: x(floatCost ?? 1), y: y(baseline.score) },
    neededY: goal && !empty ? y(goal.target) : null,
    frontPath: stepsThrough(marks.filter((mark) => mark.front)),
    xTicks: empty ? [] : ticks(least, most, width < 480 ? 3 : 6).map((value) => ({ x: x(value), value })),
    yTicks: empty ? [] : ticks(low, high, 5).map((value) => ({ y: y(value), value })),
    leftOut: scored.length - shown.length,
    frame,
  };
}

function pointOf(trial: Trial, kind: Cost): Point[] {
  const cost = kind === 'latency' ? trial.latencyRatio : trial.sizeBytes;
  return trial.score === null || cost === null ? [] : [{ trial, score: trial.score, cost }];
}

function kindOf({ status, met }: Trial): ParetoMark['kind'] {
  return status === 'pruned' ? 'pruned' : met ? 'met' : 'missed';
}

function costRange(costs: readonly number[]): [number, number] {
  if (costs.length === 0) return [0, 1];
  const low = Math.min(...costs);
  const high = Math.max(...costs);
  const room = high > low ? HEADROOM * (high - low) : 0.1 * Math.max(high, 1e-9);
  return [low - room, high + room];
}

/** Points come by cost: one is in the front if it beats every cheaper one, and the best of its own cost. */
function frontOf(points: readonly Point[], higherIsBetter: boolean): Set<Point> {
  const sign = higherIsBetter ? 1 : -1;
  const complete = points.filter(({ trial }) => trial.status === 'complete');
  complete.sort((a, b) => a.cost - b.cost || sign * (b.score - a.score) || a.trial.number - b.trial.number);
  const front = new Set<Point>();
  let best = -Infinity;
  for (const point of complete) {
    if (sign * point.score <= best) continue;
    best = sign * point.score;
    front.add(point);
  }
  return front;
}

function stepsThrough(marks: readonly ParetoMark[]): string {
  return marks
    .map(({ x, y }, i) => (i === 0 ? `M${x.toFixed(1)} ${y.toFixed(1)}` : `H${x.toFixed(1)}V${y.toFixed(1)}`))
    .join('');
}
