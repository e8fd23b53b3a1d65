import type { Trial } from '../tuning/types.ts';
import { html, type Html } from './html.ts';

/** What the chart of a session shows; `offered` is a trial number. */
export interface ChartedSession {
  readonly trials: readonly Trial[];
  readonly baselineScore: number;
  readonly targetScore: number;
  readonly offered: number | null;
}

const WIDTH = 760;
const HEIGHT = 280;
const LEFT = 64;
const RIGHT = 96;
const TOP = 16;
const BOTTOM = 40;
/** A range of scores is drawn at least this wide, so that noise does not look like a cliff. */
const SMALLEST_SPAN = 1e-4;
const MOST_LABELS = 12;

/** Scores of all trials in order as inline SVG, with the float score and the target as lines. The table of trials says the same. */
export function scoreChart(session: ChartedSession): Html {
  const scale = scales(session);
  const { baselineScore, targetScore, trials, offered } = session;
  return html`<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="chart-title chart-text">
    <title id="chart-title">Score of each trial</title>
    <desc id="chart-text">${describe(session)}</desc>
    ${yTicks(scale)}${xTicks(trials, scale)}
    ${level('float', baselineScore, scale)}${level('target', targetScore, scale)}
    ${trials.map((trial) => mark(trial, trial.number === offered, scale))}
  </svg>`;
}

interface Scales {
  readonly low: number;
  readonly high: number;
  readonly x: (trialNumber: number) => number;
  readonly y: (score: number) => number;
}

function scales({ trials, baselineScore, targetScore }: ChartedSession): Scales {
  const scores = [baselineScore, targetScore, ...trials.flatMap(({ score }) => (score === null ? [] : [score]))];
  const [min, max] = [Math.min(...scores), Math.max(...scores)];
  const margin = Math.max(max - min, SMALLEST_SPAN) * 0.08;
  const [low, high] = [min - margin, max + margin];
  const last = Math.max(1, ...trials.map(({ number }) => number));
  return {
    low,
    high,
    x: (trialNumber) => round(LEFT + 12 + (trialNumber / last) * (WIDTH - LEFT - RIGHT - 24)),
    y: (score) => round(HEIGHT - BOTTOM - ((score - low) / (high - low)) * (HEIGHT - TOP - BOTTOM)),
  };
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

function yTicks({ low, high, y }: Scales): Html[] {
  return [0, 1, 2, 3, 4].map((step) => {
    const score = low + (step / 4) * (high - low);
    return html`<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(score)}" y2="${y(score)}" />
      <text x="${LEFT - 8}" y="${y(score) + 4}" text-anchor="end">${score.toPrecision(4)}</text> `;
  });
}

function xTicks(trials: readonly Trial[], { x }: Scales): Html[] {
  const every = Math.max(1, Math.ceil(trials.length / MOST_LABELS));
  return trials
    .filter(({ number }) => number % every === 0)
    .map(({ number }) => html`<text x="${x(number)}" y="${HEIGHT - 18}" text-anchor="middle">${number}</text>`);
}

function level(kind: 'float' | 'target', score: number, { y }: Scales): Html {
  const dash = kind === 'target' ? '6 4' : 'none';
  // Float above target, or the other way round: the labels part so that close lines stay readable.
  const label = kind === 'target' ? 12 : -4;
  return html`<line
      class="${kind}"
      stroke-width="1.5"
      stroke-dasharray="${dash}"
      x1="${LEFT}"
      x2="${WIDTH - RIGHT}"
      y1="${y(score)}"
      y2="${y(score)}"
    />
    <text x="${WIDTH - RIGHT + 6}" y="${y(score) + label}">${kind} ${score.toFixed(4)}</text> `;
}

function mark({ number, score, met }: Trial, isOffered: boolean, { x, y }: Scales): Html {
  const at = x(number);
  if (score === null) {
    const bottom = HEIGHT - BOTTOM;
    return html`<path class="failed" stroke-width="2" d="M${at - 4} ${bottom - 4}l8 8m0 -8l-8 8" />`;
  }
  const ring = isOffered ? html`<circle class="ring" stroke-width="2" cx="${at}" cy="${y(score)}" r="9" />` : null;
  return html`${ring}<circle
      class="${met ? 'met' : 'missed'}"
      stroke-width="1.5"
      cx="${at}"
      cy="${y(score)}"
      r="4.5"
    />`;
}

function describe({ trials, baselineScore, targetScore, offered }: ChartedSession): string {
  const met = trials.filter((trial) => trial.met).length;
  const offer = offered === null ? 'None is offered.' : `Trial ${offered}, ringed, is offered.`;
  return `${trials.length} trials, ${met} of them meet the target of ${targetScore.toFixed(4)}; float scores ${baselineScore.toFixed(4)}. ${offer}`;
}
