/** Chance that a model which meets the criterion is given up all the same. */
const ERROR_RATE = 0.05;
/** Shares of the most that may be bet on each sample; their wealth is averaged, so that none need be known to be best. */
const BETS = [0.05, 0.1, 0.2, 0.4, 0.7];
const ROUNDING = 1e-9;

/** `exact`: only once the verdict is certain; `racing`: also once a betting test rejects. */
export type EarlyStopping = 'racing' | 'exact' | 'off';

export interface RaceTerms {
  /** The float model's values, in the order in which samples are seen. */
  readonly floatValues: ArrayLike<number>;
  /** Bounds of a value; the score is the mean. */
  readonly range: { readonly min: number; readonly max: number };
  readonly higherIsBetter: boolean;
  /** Score that the criterion allows to lose. */
  readonly allowedLoss: number;
  /** Samples are seen in random order, and a small risk is worth the time. */
  readonly betting: boolean;
}

/**
 * Decides from a part of the samples that a model misses the criterion. Losses are paired, dᵢ = float − int8 per sample as a share of the
 * range: Σd must not exceed s. Curtailment: even if all further samples went best, Σd > s; that is certain. Betting (Waudby-Smith and
 * Ramdas, without replacement): wealth Π (1 + f/(1+mᵢ)·(dᵢ − mᵢ)) with mᵢ = (s − Σd)/(N − i) reaches 1/α with probability ≤ α if Σd ≤ s,
 * however often one looks. Neither ever accepts: winners are seen in full.
 */
export class Race {
  readonly #differenceOf: (float: number, int8: number) => number;
  readonly #floatValues: ArrayLike<number>;
  readonly #most: number;
  readonly #betting: boolean;
  /** Σ of the least possible differences from sample i on. */
  readonly #best: Float64Array;
  readonly #wealths = BETS.map(() => 1);
  #seen = 0;
  #sum = 0;
  #lost = false;

  constructor({ floatValues, range, higherIsBetter, allowedLoss, betting }: RaceTerms) {
    const n = floatValues.length;
    const width = range.max - range.min;
    const direction = higherIsBetter ? 1 : -1;
    const ideal = higherIsBetter ? range.max : range.min;
    this.#differenceOf = (float, int8) => (direction * (float - int8)) / width;
    this.#floatValues = floatValues;
    this.#betting = betting;
    const most = (n * allowedLoss) / width + ROUNDING * n;
    const whole = Array.from(floatValues).every((value) => value === range.min || value === range.max);
    this.#most = whole ? Math.floor(most) : most;
    this.#best = new Float64Array(n + 1);
    for (let i = n - 1; i >= 0; i--) {
      this.#best[i] = (this.#best[i + 1] as number) + this.#differenceOf(floatValues[i] as number, ideal);
    }
  }

  /** Takes the values of the next samples; true once the model is given up. */
  add(values: ArrayLike<number>): boolean {
    for (let i = 0; i < values.length && !this.#lost; i++) {
      const at = this.#seen++;
      const difference = this.#differenceOf(this.#floatValues[at] as number, values[i] as number);
      if (this.#betting) this.#bet(difference, at);
      this.#sum += difference;
      this.#lost ||= this.#sum + (this.#best[at + 1] as number) > this.#most;
    }
    return this.#lost;
  }

  #bet(difference: number, at: number): void {
    const expected = (this.#most - this.#sum) / (this.#floatValues.length - at);
    if (expected <= -1) {
      this.#lost = true;
      return;
    }
    BETS.forEach((bet, i) => {
      this.#wealths[i] = (this.#wealths[i] as number) * (1 + (bet / (1 + expected)) * (difference - expected));
    });
    this.#lost ||= this.wealth >= 1 / ERROR_RATE;
  }

  /** Mean over the bets. */
  get wealth(): number {
    return this.#wealths.reduce((sum, each) => sum + each, 0) / BETS.length;
  }
}
