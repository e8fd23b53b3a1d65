import type { SessionRecord } from './session-record.ts';

/** What the offered model does otherwise than the float model on the samples of the trials. */
export interface Evidence {
  readonly format: 'octet-evidence/1';
  readonly samples: number;
  /** Samples whose value under the (first) metric got worse, and better. */
  readonly worse: number;
  readonly better: number;
  /** Samples on which the models choose different classes; null where the scored output chooses none. */
  readonly decidedOtherwise: number | null;
  /** By label, or by the float model's class where there are no labels; the largest change first. Empty without classes. */
  readonly classes: readonly ClassChange[];
  /** Of how many `classes` holds those that changed most; absent: of all. */
  readonly classCount?: number;
  /** By class number; absent where nothing names them. */
  readonly classNames?: readonly string[] | Readonly<Record<number, string>>;
  /** Whether classes are labels; absent: as `changes` tells. */
  readonly hasLabels?: boolean;
  /** The most telling samples that got worse, then those that got better. */
  readonly changes: readonly SampleChange[];
  /** Null where the model was not timed in this session. */
  readonly latency: LatencyShape | null;
}

export interface ClassChange {
  readonly class: number;
  readonly samples: number;
  /** Mean value of the class's samples under the metric. */
  readonly float: number;
  readonly offered: number;
}

export interface SampleChange {
  /** Number among the samples of the trials, from 0. */
  readonly sample: number;
  readonly label: number | null;
  readonly float: Answer;
  readonly offered: Answer;
  /** A small PNG as data URL; absent where the sample is no picture. */
  readonly picture?: string;
}

/** Value under the metric, and the class that was chosen where there are classes. */
export interface Answer {
  readonly value: number;
  readonly class?: number;
  /** 0 … 1. */
  readonly probability?: number;
}

/** Runs counted by their time: bin i holds times from startMs + i·widthMs on; the last one all that is slower. */
export interface LatencyShape {
  readonly startMs: number;
  readonly widthMs: number;
  readonly float: LatencyCounts;
  readonly offered: LatencyCounts;
}

export interface LatencyCounts {
  readonly counts: readonly number[];
  readonly p5Ms: number;
  readonly medianMs: number;
  readonly p95Ms: number;
}

export function evidenceKey(modelSha256: string): string {
  return `evidence ${modelSha256}`;
}

/** Of the offered model; null in sessions that have none. */
export function evidenceOf({ notes, outcome, trials }: SessionRecord): Evidence | null {
  const best = trials.find(({ number }) => number === outcome?.best);
  if (!best?.modelSha256) return null;
  return (notes[evidenceKey(best.modelSha256)] as unknown as Evidence | undefined) ?? null;
}

/** The name of a class, or its number. */
export function className({ classNames }: Pick<Evidence, 'classNames'>, number: number): string {
  return classNames?.[number] ?? String(number);
}

/** Whether classes are those of labels, not of what the float model chose. */
export function isLabelled({ hasLabels, changes }: Evidence): boolean {
  return hasLabels ?? changes.some(({ label }) => label !== null);
}

/** Classes that travel at most. */
const SHARED_CLASSES = 40;

/** What may leave this machine: counts, classes and times, no sample and no picture. */
export function sharedEvidence(evidence: Evidence): Evidence {
  const classes = evidence.classes.slice(0, SHARED_CLASSES);
  const names = classes.flatMap(({ class: number }) => {
    const name = evidence.classNames?.[number];
    return name === undefined ? [] : [[number, name] as const];
  });
  return {
    format: evidence.format,
    samples: evidence.samples,
    worse: evidence.worse,
    better: evidence.better,
    decidedOtherwise: evidence.decidedOtherwise,
    classes,
    ...(classes.length < evidence.classes.length && { classCount: evidence.classes.length }),
    ...(names.length > 0 && { classNames: Object.fromEntries(names) as Record<number, string> }),
    hasLabels: isLabelled(evidence),
    changes: [],
    latency: evidence.latency,
  };
}

/** What changed, in a sentence. */
export function evidenceWords({ samples, worse, better, decidedOtherwise }: Evidence): string {
  const told = (count: number, words: string): string => `${count.toLocaleString('en')} ${words}`;
  const decided =
    decidedOtherwise === null ? '' : `${told(decidedOtherwise, 'decided otherwise than by the float model')}; `;
  return `Of ${told(samples, 'samples')}: ${decided}${told(worse, 'got worse')}, ${told(better, 'got better')}.`;
}
