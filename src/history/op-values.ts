import type { RangeMethod } from '../quantize/config.ts';

/** How many values of a tensor lie where: at most 64 bins of equal width, with an edge at 0. */
export interface ValueBins {
  /** Smallest and largest value; 0 where there are none. */
  readonly min: number;
  readonly max: number;
  /** Lower edge of the first bin. */
  readonly origin: number;
  readonly width: number;
  readonly counts: readonly number[];
}

/** What 8-bit codes reach: the values of the smallest and the largest code, and the distance between neighbours. */
export interface CodeRange {
  readonly min: number;
  readonly max: number;
  readonly stepSize: number;
}

/** The range that a method gives an activation. */
export interface ClipRange extends CodeRange {
  /** Null where the range follows from the definition of the op that writes the tensor. */
  readonly method: RangeMethod | null;
  /** What people call the method. */
  readonly title: string;
  /** Share of the observed values that lie more than half a step outside, 0 … 1. */
  readonly clippedShare: number;
  /** Whether the config quantizes the tensor by this range. */
  readonly isUsed: boolean;
}

/** An activation of the float model, as the config's graph recipes leave it, over some calibration samples. */
export interface ActivationValues {
  readonly tensor: string;
  readonly role: 'read' | 'written';
  readonly bins: ValueBins;
  /** In the order in which methods are tried; empty where the tensor passes through no int8 codes with a calibrated range. */
  readonly ranges: readonly ClipRange[];
  /** Largest |x| of each channel; null where no weight multiplies the tensor. */
  readonly channels: readonly number[] | null;
}

export interface WeightValues {
  readonly tensor: string;
  readonly bins: ValueBins;
  /** Null where the op has no 8-bit form. */
  readonly int8: {
    readonly granularity: 'per_tensor' | 'per_channel';
    /** Of the channel with the largest steps, and of the median one; the same where there is one scale for all. */
    readonly largest: CodeRange;
    readonly median: CodeRange;
    /** Signal to quantization noise; null for a weight that is all zero or loses nothing. */
    readonly sqnrDb: number | null;
  } | null;
  /** Largest |w| of each output channel; null where it has none. */
  readonly channels: readonly number[] | null;
}

/** The values that an op works on. */
export interface OpValues {
  readonly op: string;
  /** Trial whose config the ranges are those of; null where none computes in int8. */
  readonly trial: number | null;
  /** How the op computes in that config; `float`: ranges are those that it would have. */
  readonly computes: 'static' | 'dynamic' | 'float';
  /** Calibration samples that were run. */
  readonly samples: number;
  readonly activations: readonly ActivationValues[];
  readonly weight: WeightValues | null;
  /** What the answer took. */
  readonly seconds: number;
}
