import type { OptionSchema, OptionValues } from '../../base/options.ts';
import type { Sample } from '../sample.ts';

/** A step between decoding and the model, named and parameterised as in the YAML of Neural Compressor. One file and one line in `registry.ts`. */
export interface Transform {
  readonly name: string;
  readonly help: string;
  readonly options: OptionSchema;
  /** A new sample; the given one is left as it is. Throws `data-transform-invalid` where the sample does not suit. */
  apply(sample: Sample, options: OptionValues): Sample;
}
