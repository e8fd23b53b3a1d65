/** Rounding, scales and zero points as ONNX Runtime's own quantizer computes them (onnxruntime.quantization.quant_utils). */

export type IntegerType = 'int8' | 'uint8' | 'int16' | 'uint16' | 'int4' | 'uint4';

export interface IntegerRange {
  readonly min: number;
  readonly max: number;
}

const FULL: Readonly<Record<IntegerType, IntegerRange>> = {
  uint8: { min: 0, max: 255 },
  int8: { min: -128, max: 127 },
  uint16: { min: 0, max: 65535 },
  int16: { min: -32768, max: 32767 },
  uint4: { min: 0, max: 15 },
  int4: { min: -8, max: 7 },
};
const SYMMETRIC: Readonly<Partial<Record<IntegerType, IntegerRange>>> = {
  int8: { min: -127, max: 127 },
  int16: { min: -32767, max: 32767 },
};
const REDUCED: Readonly<Record<IntegerType, IntegerRange>> = {
  uint8: { min: 0, max: 127 },
  int8: { min: -64, max: 64 },
  uint16: { min: 0, max: 32767 },
  int16: { min: -16384, max: 16384 },
  uint4: { min: 0, max: 7 },
  int4: { min: -4, max: 3 },
};
/** Smallest normal float32; a scale below it is replaced by 1. */
const TINY = 2 ** -126;

/** Codes that shape the scale: the reduced row if asked, else the symmetric row where the type has one, else all. */
export function integerRange(type: IntegerType, symmetric = false, reduced = false): IntegerRange {
  if (reduced) return REDUCED[type];
  return (symmetric ? SYMMETRIC[type] : undefined) ?? FULL[type];
}

/** Added to a float64 it leaves no bits for fractions: the sum is rounded as IEEE 754 rounds, half to even. */
const NO_FRACTION = 1.5 * 2 ** 52;

/** Round half to even, the rule of QuantizeLinear (ONNX opset 10) and numpy. */
export function roundHalfEven(value: number): number {
  return Math.abs(value) < 2 ** 51 ? value + NO_FRACTION - NO_FRACTION : value;
}

/** The same, clamped to integers well below 2^51: clamping first gives the same and spares a comparison. */
export function clampedRound(value: number, lowest: number, highest: number): number {
  return (value < lowest ? lowest : value > highest ? highest : value) + NO_FRACTION - NO_FRACTION;
}

export interface QuantizationParameters {
  /** A float32 value, never 0. */
  readonly scale: number;
  readonly zeroPoint: number;
}

/**
 * Scale and zero point for real values in [min, max]; the range is widened to contain 0.
 * Bounds are float32 values, width and division float64, as in ONNX Runtime. All-zero ranges give scale 1, zero point 0.
 */
export function quantizationParameters(
  min: number,
  max: number,
  codes: IntegerRange,
  symmetric: boolean,
): QuantizationParameters {
  let low = Math.fround(Math.min(min, 0));
  let high = Math.fround(Math.max(max, 0));
  if (symmetric) {
    high = Math.max(Math.abs(low), Math.abs(high));
    low = -high;
  }
  const scale = (high - low) / (codes.max - codes.min);
  if (scale < TINY) return { scale: 1, zeroPoint: 0 };
  const zeroPoint = symmetric ? (codes.min + codes.max) / 2 : codes.min - low / scale;
  return { scale: Math.fround(scale), zeroPoint: roundHalfEven(zeroPoint) };
}

/** Code of one value: round(x / scale) in float32, plus zero point, clamped. */
export function quantizeValue(
  value: number,
  { scale, zeroPoint }: QuantizationParameters,
  codes: IntegerRange,
): number {
  const code = roundHalfEven(Math.fround(value / scale)) + zeroPoint;
  return Math.min(codes.max, Math.max(codes.min, code));
}

/** The value that a code stands for, in float32. */
export function dequantizeValue(code: number, { scale, zeroPoint }: QuantizationParameters): number {
  return Math.fround((code - zeroPoint) * scale);
}
