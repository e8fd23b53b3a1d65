import type { WeightStorage } from '../../quantize/config.ts';
import { constraint, namedConstraints } from './constraint.ts';
import type { Constraint, NamedConstraint } from './constraint.ts';
import { dataloader } from './dataloader.ts';
import type { DataloaderSettings } from './dataloader.ts';
import { constraintOf, listOf } from './lists.ts';
import type { Vocabulary } from './named.ts';
import { anyText, choice, flag, integer, oneOf, real } from './scalars.ts';
import { key, nullable, section } from './shape.ts';
import type { Section, Shape } from './shape.ts';

export type Approach = 'static' | 'dynamic' | 'auto';

export interface QuantizationSettings {
  readonly approach: Approach;
  readonly calibration: {
    /** Samples that calibrate, in the order in which they are tried. */
    readonly samplingSizes: readonly number[];
    readonly dataloader: DataloaderSettings | null;
  };
  readonly recipes: {
    /** False: the first Conv or MatMul stays float. */
    readonly firstConvOrMatmulQuantization: boolean;
    readonly weightStorage: WeightStorage;
    /** `auto`: strategies may try SmoothQuant; true: every int8 model has it; false: none. */
    readonly smoothQuant: 'auto' | boolean;
    readonly smoothQuantArgs: { readonly alpha: readonly number[] };
  };
  readonly modelWise: Constraint | null;
  readonly optypeWise: readonly NamedConstraint[];
  readonly opWise: readonly NamedConstraint[];
}

const approach = choice(
  {
    post_training_static_quant: 'static',
    post_training_dynamic_quant: 'dynamic',
    post_training_auto_quant: 'auto',
  },
  { unsupported: { quant_aware_training: 'Octet does not train.' } },
);

const tensorflowOnly = { unused: 'it belongs to TensorFlow graphs.' };
const notApplied = { unused: 'Octet does not apply this correction.' };

const smoothQuant: Shape<'auto' | boolean> = {
  accepts: 'auto, true or false',
  read: (cursor) => (cursor.found() === 'auto' ? 'auto' : flag.read(cursor)),
  write: (value) => value,
};

const smoothQuantArgs = section({
  alpha: key(
    'alpha',
    listOf(real({ min: 0, max: 1 })),
    [0.5],
    'Share of the difficulty that weights take over; tried in order.',
  ),
});

const recipes = section({
  firstConvOrMatmulQuantization: key(
    'first_conv_or_matmul_quantization',
    flag,
    true,
    'Lets the first Conv or MatMul compute in int8.',
  ),
  weightStorage: key(
    'weight_storage',
    oneOf(['auto', 'int8', 'float16', 'float32']),
    'auto',
    'How weights of ops that compute in float are stored; a key of Octet.',
  ),
  smoothQuant: key('smooth_quant', smoothQuant, 'auto', 'SmoothQuant: tried (auto), always or never.'),
  smoothQuantArgs: key('smooth_quant_args', smoothQuantArgs, smoothQuantArgs.defaults, 'How strongly it smooths.'),
  maxPooling: key('scale_propagation_max_pooling', flag, true, 'Shares scales through max pooling.', tensorflowOnly),
  concat: key('scale_propagation_concat', flag, true, 'Shares scales through Concat.', tensorflowOnly),
  fastBiasCorrection: key('fast_bias_correction', flag, false, 'Corrects biases.', notApplied),
  weightCorrection: key('weight_correction', flag, false, 'Corrects weights.', notApplied),
});

const advance = section({
  biasCorrection: key('bias_correction', nullable(anyText), null, 'Corrects biases.', notApplied),
});

/** One size is enough for a list; each becomes an outer step of the search. */
const samplingSizes: Shape<readonly number[]> = {
  ...constraintOf(integer({ min: 1 })),
  read(cursor) {
    const sizes = constraintOf(integer({ min: 1 })).read(cursor);
    if (sizes === null) throw cursor.invalid('one or more integers, at least 1');
    return sizes;
  },
};

/** The YAML section `quantization`. */
export function quantization(vocabulary: Vocabulary): Section<QuantizationSettings> {
  const calibration = section({
    samplingSizes: key('sampling_size', samplingSizes, [100], 'Samples that calibrate; several are tried in order.'),
    dataloader: key('dataloader', nullable(dataloader(vocabulary)), null, 'How calibration samples are read.'),
  });
  return section(
    {
      approach: key('approach', approach, 'static', 'Ranges calibrated beforehand, measured at run time, or both.'),
      calibration: key('calibration', calibration, calibration.defaults, 'How ranges are observed.'),
      recipes: key('recipes', recipes, recipes.defaults, 'Variations of the rewrite.'),
      advance: key('advance', nullable(advance), null, 'Legacy switches.'),
      modelWise: key('model_wise', nullable(constraint), null, 'What all ops may be.'),
      optypeWise: key('optype_wise', namedConstraints, [], 'What ops of a type may be, instead of model_wise.'),
      opWise: key('op_wise', namedConstraints, [], 'What single ops may be: names, globs or /regular expressions/.'),
    },
    { unsupported: { train: 'Octet does not train.' } },
  );
}
