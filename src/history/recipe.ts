import type { ActivationRanges } from '../quantize/config.ts';
import type { TuneConfig } from '../tuning/types.ts';
import type { Loudest } from './session-record.ts';

/**
 * All that it takes, beside the float model, to make an int8 model again byte for byte: its config, the ranges that the
 * config uses, and the hashes that prove both ends.
 */
export interface Recipe {
  readonly format: 'octet-recipe/1';
  readonly octet: string;
  readonly model: { readonly name: string; readonly sha256: string };
  /** SHA-256 of the int8 file. */
  readonly int8Sha256: string;
  readonly config: TuneConfig;
  /** Only the tensors and methods that the config uses. */
  readonly ranges: ActivationRanges;
  /** Channel magnitudes that SmoothQuant was given; present iff the config applies it. */
  readonly loudest?: Loudest;
  /** Dims of one sample per input, as the tensors' sizes were inferred from. */
  readonly inputDims: Readonly<Record<string, readonly number[]>>;
}
