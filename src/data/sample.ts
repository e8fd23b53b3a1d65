/**
 * One sample on its way through the transforms. As in NumPy, a picture is `uint8` (whole values 0–255) until a transform makes
 * it `float32`; the values are kept as float32 either way.
 */
export interface Sample {
  readonly type: 'uint8' | 'float32';
  /** [height, width, channels] unless a transform changed the order. */
  readonly dims: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}
