import type { Rng } from '../base/rng.ts';
import type { Dataset } from './dataset.ts';
import { holdOut } from './hold-out.ts';

/** One sample in so many may calibrate: the others judge. */
const EVERY = 4;
/** Fewer calibration samples than this give ranges that mean little: then the same samples do both. */
const LEAST = 10;

export interface CalibrationSplit {
  readonly calibration: Dataset;
  readonly evaluation: Dataset;
}

/**
 * Splits one set of samples into those that calibrate, at most `most` and a quarter, and those that models are judged by; no sample
 * is in both. Drawn by `rng`, one out of each of equally long stretches. Null where there are too few.
 */
export function splitCalibration(dataset: Dataset, most: number, rng: Rng): CalibrationSplit | null {
  const count = Math.min(most, Math.floor(dataset.count / EVERY));
  if (count < LEAST) return null;
  const { rest, heldOut } = holdOut(dataset, count / dataset.count, rng);
  return heldOut && { calibration: heldOut, evaluation: rest };
}
