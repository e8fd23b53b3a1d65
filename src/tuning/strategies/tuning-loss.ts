/** Scales of Neural Compressor: 1 % of accuracy and a factor of 2 in speed weigh 10 points each. */
const WORST_ACCURACY_LOSS = 0.01;
const BEST_SPEEDUP = 2;
/** Added where the criterion is missed. */
const MISS_PENALTY = 80;

const accuracyTerm = (loss: number): number => Math.exp(loss);
const speedTerm = (speedup: number): number => -8 * Math.log(1000 * speedup);
const ACCURACY_SCALE = 10 / Math.abs(accuracyTerm(WORST_ACCURACY_LOSS) - accuracyTerm(0));
const SPEED_SCALE = 10 / Math.abs(speedTerm(BEST_SPEEDUP) - speedTerm(1));

export interface TuningOutcome {
  /** Loss against the baseline as a share of it. */
  readonly accuracyLoss: number;
  /** Float time over int8 time. */
  readonly speedup: number;
  readonly met: boolean;
}

export interface LossWeights {
  readonly accuracy: number;
  readonly latency: number;
}

/**
 * The loss that Neural Compressor's TPE minimises: 0 for no loss of accuracy at twice the speed, 10 more at float speed, 10 less
 * at four times. Accuracy counts only where the criterion is missed, unless nothing else would count.
 */
export function tuningLoss({ accuracyLoss, speedup, met }: TuningOutcome, weights: LossWeights): number {
  const asked = met ? 0 : weights.accuracy;
  const accuracyWeight = asked === 0 && weights.latency === 0 ? 1 : asked;
  const ofAccuracy = accuracyWeight * ACCURACY_SCALE * (accuracyTerm(accuracyLoss) - accuracyTerm(0));
  const ofSpeed = weights.latency * SPEED_SCALE * (speedTerm(speedup) - speedTerm(BEST_SPEEDUP));
  return ofAccuracy + ofSpeed + (met ? 0 : MISS_PENALTY);
}
