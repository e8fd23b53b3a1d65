import type { Move } from './moves.ts';
import type { OpSensitivity } from './sensitivity.ts';

/** One reason why int8 changes the output, and what to do about it. */
export interface Finding {
  readonly kind: FindingKind;
  /** What was measured, in a sentence. */
  readonly evidence: string;
  /** Int8 ops that it concerns, the most harmful first. */
  readonly ops: readonly string[];
  /** Share of the sum of all effects that these ops make up, 0 … 1. */
  readonly share: number;
  /** Null where only other data help. */
  readonly move: Move | null;
}

export type FindingKind =
  | 'outlier-channels'
  | 'unsmoothed-channels'
  | 'unequal-weights'
  | 'wide-range'
  | 'clipped-range'
  | 'depthwise-weights'
  | 'tail'
  | 'single-op'
  | 'few-samples';

/** What the model and its calibration say about the ops of a config. */
export interface Symptoms {
  /** In the order of the graph. */
  readonly ops: readonly string[];
  /** Largest over median channel of what an op reads; ops that SmoothQuant can help. */
  readonly outlierRatios: ReadonlyMap<string, number>;
  /** α to try; null where SmoothQuant is on already, or switched off. */
  readonly alpha: number | null;
  /**
   * Largest over the loudest quiet channel of what an op reads, where the loud ones can be split off; empty where they are already, or
   * may not be.
   */
  readonly splitRatios: ReadonlyMap<string, number>;
  /** Largest over median weight channel of a pair that equalization can even out; empty where it is on already. */
  readonly weightRatios: ReadonlyMap<string, number>;
  /** Width of an op's range by its method, over the narrower one that cuts rare values, and under the extremes; 1 where alike. */
  readonly stretch: ReadonlyMap<string, number>;
  readonly clipping: ReadonlyMap<string, number>;
  readonly depthwise: ReadonlySet<string>;
  readonly calibrationSamples: number;
}

/** From this ratio on the median channel has fewer than 32 of 255 steps. */
const UNEQUAL = 8;
/** A range so many times as wide leaves two bits less. */
const WIDE = 4;
const POOR_SQNR_DB = 30;
const TAIL_OPS = 3;
const DOMINANT = 0.5;
/** Findings about ops that do less than this share of the harm are left out. */
const WORTH_TELLING = 0.1;
const FEW_SAMPLES = 32;

/** Kinds that say where, not why. */
const POSITIONS: readonly FindingKind[] = ['tail', 'single-op'];

/** Causes first, then by the harm they explain; only those with something to gain. */
export function diagnose(sensitivity: readonly OpSensitivity[], symptoms: Symptoms): Finding[] {
  const effects = new Map(sensitivity.map(({ op, divergence, sharedBy }) => [op, (divergence ?? 0) / (sharedBy ?? 1)]));
  const total = [...effects.values()].reduce((sum, effect) => sum + effect, 0);
  const shareOf = (ops: readonly string[]): number =>
    total === 0 ? 0 : ops.reduce((sum, op) => sum + (effects.get(op) ?? 0), 0) / total;
  const ranked = [...effects.keys()];
  const where = (holds: (op: string) => boolean): string[] => ranked.filter(holds);
  const finding = (
    kind: FindingKind,
    ops: readonly string[],
    evidence: (worst: string) => string,
    move: Move | null,
  ): Finding[] => {
    const [worst] = ops;
    return worst === undefined ? [] : [{ kind, ops, evidence: evidence(worst), share: shareOf(ops), move }];
  };
  const { outlierRatios, alpha, splitRatios, weightRatios, stretch, clipping, depthwise } = symptoms;
  const sqnrs = new Map(sensitivity.map(({ op, weightSqnrDb }) => [op, weightSqnrDb]));
  const loud = alpha === null ? [] : where((op) => (outlierRatios.get(op) ?? 1) >= UNEQUAL);
  const unsmoothed = where((op) => splitRatios.has(op) && !loud.includes(op));
  const unequal = where((op) => (weightRatios.get(op) ?? 1) >= UNEQUAL);
  const wide = where((op) => (stretch.get(op) ?? 1) >= WIDE);
  const clipped = where((op) => (clipping.get(op) ?? 1) >= WIDE);
  const thin = where((op) => depthwise.has(op) && (sqnrs.get(op) ?? Infinity) < POOR_SQNR_DB);
  const last = new Set(symptoms.ops.filter((op) => effects.has(op)).slice(-TAIL_OPS));
  const tail = effects.size > 2 * TAIL_OPS ? where((op) => last.has(op)) : [];
  const single = ranked.length > 1 ? ranked.slice(0, 1) : [];
  const times = (ratio: number | undefined): string => `${Math.round(ratio ?? 1)} times`;
  const found = [
    ...finding(
      'outlier-channels',
      loud,
      (op) => `The loudest channel that ${op} reads is ${times(outlierRatios.get(op))} the median one.`,
      { kind: 'smooth-quant', alpha: alpha ?? 0.5 },
    ),
    ...finding(
      'unsmoothed-channels',
      unsmoothed,
      (op) => `A few channels that ${op} reads are up to ${times(splitRatios.get(op))} as loud as all others.`,
      { kind: 'outlier-channels' },
    ),
    ...finding(
      'unequal-weights',
      unequal,
      (op) => `The largest weight channel at ${op} is ${times(weightRatios.get(op))} the median one.`,
      { kind: 'equalization' },
    ),
    ...finding(
      'wide-range',
      wide,
      (op) => `The range at ${op} is ${times(stretch.get(op))} as wide as the one that keeps 99.99 % of the values.`,
      { kind: 'range-method', method: 'percentile', ops: wide },
    ),
    ...finding(
      'clipped-range',
      clipped,
      (op) => `Calibration saw values ${times(clipping.get(op))} as far apart as the range at ${op} reaches.`,
      { kind: 'range-method', method: 'minmax', ops: clipped },
    ),
    ...finding(
      'depthwise-weights',
      thin,
      (op) => `The int8 weight of ${op} keeps ${(sqnrs.get(op) ?? 0).toFixed(0)} dB of signal to noise.`,
      { kind: 'keep-float', ops: thin },
    ),
    ...finding('tail', tail, (op) => `${op} is among the last ${TAIL_OPS} int8 ops.`, {
      kind: 'keep-float',
      ops: tail,
    }),
    ...finding('single-op', single, (op) => `${op} alone makes ${percent(shareOf([op]))} of the effect of all ops.`, {
      kind: 'keep-float',
      ops: single,
    }),
  ].filter(({ kind, share }) => share >= (POSITIONS.includes(kind) ? DOMINANT : WORTH_TELLING));
  const isCause = ({ kind }: Finding): number => Number(!POSITIONS.includes(kind));
  found.sort((a, b) => isCause(b) - isCause(a) || b.share - a.share);
  const few: Finding[] =
    symptoms.calibrationSamples < FEW_SAMPLES
      ? [
          {
            kind: 'few-samples',
            ops: [],
            share: 0,
            evidence: `${symptoms.calibrationSamples} samples calibrated.`,
            move: null,
          },
        ]
      : [];
  return [...found, ...few];
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
