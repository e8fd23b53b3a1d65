import type { Decision } from '../history/decisions.ts';
import type { Trial } from '../tuning/types.ts';
import { formatSize, formatSpeed, type ScoreFormat } from './format.ts';
import { axesFor, choiceAxis, measureAxis, type Axis } from './plot/parallel-plot.ts';

const MOST_DECISIONS = 6;
const FEWEST_AXES = 4;
const MEASURES = 3;

/** As many decisions as a width has room for, the most important first, then what came of them; `rank` orders lines of one choice. */
export function parallelAxes(
  trials: readonly Trial[],
  decisions: readonly Decision[],
  rank: readonly number[],
  format: ScoreFormat,
  width: number,
): Axis[] {
  const room = Math.max(FEWEST_AXES, axesFor(width)) - MEASURES;
  return [
    ...decisions.slice(0, Math.min(MOST_DECISIONS, room)).map((decision, i) => choiceAxis(decision, `d${i}`, rank)),
    measureAxis(trials, {
      id: 'size',
      name: 'Size',
      of: ({ sizeBytes }) => sizeBytes,
      text: (value) => formatSize(Math.round(value)),
    }),
    measureAxis(trials, {
      id: 'speed',
      name: 'Speed',
      of: ({ latencyRatio }) => latencyRatio && 1 / latencyRatio,
      text: (value) => formatSpeed(1 / value),
    }),
    measureAxis(trials, { id: 'score', name: 'Score', of: ({ score }) => score, text: format.score }),
  ];
}
