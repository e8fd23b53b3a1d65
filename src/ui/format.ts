import type { Goal } from '../history/session-record.ts';

/** Decimal kilobytes, megabytes and gigabytes, as file managers show them. */
export function formatSize(bytes: number | null): string {
  if (bytes === null) return '–';
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(bytes < 1e4 ? 1 : 0)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(2)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

export function formatLatency(ms: number | null): string {
  if (ms === null) return '–';
  return `${ms.toFixed(ms < 1 ? 3 : ms < 100 ? 2 : 0)} ms`;
}

/** How a score reads: as a percentage where it is a share of right answers, as a plain number otherwise. */
export interface ScoreFormat {
  readonly score: (score: number | null) => string;
  /** A difference of scores, with its sign. */
  readonly difference: (difference: number) => string;
  /** A width of scores, without sign. */
  readonly width: (width: number) => string;
}

const PERCENT: ScoreFormat = {
  score: (score) => (score === null ? '–' : `${(100 * score).toFixed(2)} %`),
  difference: (difference) => signed(100 * difference, 2),
  width: (width) => (100 * width).toFixed(2),
};
const PLAIN: ScoreFormat = {
  score: (score) => (score === null ? '–' : score.toPrecision(5)),
  difference: (difference) => `${difference < 0 ? '−' : '+'}${Math.abs(difference).toPrecision(3)}`,
  width: (width) => width.toPrecision(3),
};

export function scoreFormat(goal: Pick<Goal, 'higherIsBetter'> | null, baselineScore: number | null): ScoreFormat {
  const isShare = baselineScore !== null && baselineScore >= 0 && baselineScore <= 1;
  return (goal?.higherIsBetter ?? true) && isShare ? PERCENT : PLAIN;
}

function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value < 0 ? '−' : '+'}${text}`;
}

/** Latency ratio (below 1 is faster) as a speed-up. */
export function formatSpeed(latencyRatio: number | null): string {
  return latencyRatio === null ? '–' : `${(1 / latencyRatio).toFixed(2)}×`;
}

export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `3 to 5 s`, `40 s to 2 min`; one of them where both read alike. */
export function formatBetween([least, most]: readonly [number, number]): string {
  const [low, high] = [formatDuration(least), formatDuration(most)];
  if (low === high) return high;
  const unitOf = (text: string): string | undefined => /^[\d.]+ (s|min)$/.exec(text)?.[1];
  const isOneUnit = unitOf(low) !== undefined && unitOf(low) === unitOf(high);
  return `${isOneUnit ? parseFloat(low) : low} to ${high}`;
}

export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export function formatDate(iso: string): string {
  return DATE.format(new Date(iso));
}

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });

export function formatTime(iso: string): string {
  return TIME.format(new Date(iso));
}

/** A path's last part. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A model's name for people and for the files made from it. */
export function modelStem(path: string): string {
  return baseName(path).replace(/\.onnx$/i, '') || 'model';
}
