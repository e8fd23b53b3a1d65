const SQRT_2 = Math.SQRT2;
const SQRT_PI = Math.sqrt(Math.PI);
const LOG_SQRT_2_PI = 0.5 * Math.log(2 * Math.PI);

/** Below this the series of erf is used, above it the continued fraction of erfcx. */
const SERIES_LIMIT = 2.5;
const FRACTION_TERMS = 120;

/** exp(x²)·erfc(x), to about 1e-13 relative; Infinity below x ≈ -26. */
export function erfcx(x: number): number {
  if (x < 0) return 2 * Math.exp(x * x) - erfcx(-x);
  return x < SERIES_LIMIT ? Math.exp(x * x) * (1 - erfSeries(x)) : erfcxFraction(x);
}

/** erf(x) = 2/√π · e^(-x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!: all terms have one sign. */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / SQRT_PI) * Math.exp(-x * x) * sum;
}

/** Laplace's continued fraction of erfc, from the inside out. */
function erfcxFraction(x: number): number {
  let denominator = x;
  for (let n = FRACTION_TERMS; n >= 1; n--) denominator = x + n / 2 / denominator;
  return 1 / (SQRT_PI * denominator);
}

/** Standard normal density. */
export function normalDensity(z: number): number {
  return Math.exp(-0.5 * z * z - LOG_SQRT_2_PI);
}

/** log of the standard normal distribution function, exact in both tails. */
export function logNormalDistribution(z: number): number {
  if (z < 0) return Math.log(0.5 * erfcx(-z / SQRT_2)) - 0.5 * z * z;
  return Math.log1p(-0.5 * erfcx(z / SQRT_2) * Math.exp(-0.5 * z * z));
}

export function normalDistribution(z: number): number {
  return Math.exp(logNormalDistribution(z));
}
