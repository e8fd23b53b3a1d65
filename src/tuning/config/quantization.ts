import type { RecipeName, WeightStorage } from '../../quantize/config.ts';
import { constraint, namedConstraints } from './constraint.ts';
import type { Constraint, NamedConstraint } from './constraint.ts';
import { dataloader } from './dataloader.ts';
import type { DataloaderSettings } from './dataloader.ts';
import { constraintOf, listOf } from './lists.ts';
import type { Cursor } from './cursor.ts';
import type { Vocabulary } from './named.ts';
import { anyText, choice, flag, integer, oneOf, real } from './scalars.ts';
import { key, nullable, section } from './shape.ts';
import type { Section, Shape } from './shape.ts';

export type Approach = 'static' | 'dynamic' | 'auto' | 'weight_only';

/** Of a recipe: `auto`: strategies may try it; true: every int8 model has it; false: none. */
export type Switch = 'auto' | boolean;

export interface QuantizationSettings {
  readonly approach: Approach;
  readonly calibration: {
    /** Samples that calibrate, in the order in which they are tried. */
    readonly samplingSizes: readonly number[];
    readonly dataloader: DataloaderSettings | null;
    /** Where the float model runs while it is observed. */
    readonly device: 'cpu' | 'gpu';
  };
  readonly recipes: {
    /** False: the first Conv or MatMul stays float. */
    readonly firstConvOrMatmulQuantization: boolean;
    /** False: the last Conv or MatMul stays float. */
    readonly lastConvOrMatmulQuantization: boolean;
    readonly weightStorage: WeightStorage;
    /** On WebGPU: whether float ops compute in float16. */
    readonly float16Compute: Switch;
    readonly smoothQuant: Switch;
    readonly smoothQuantArgs: { readonly alpha: readonly number[] };
  } & Readonly<Record<RecipeName, Switch>>;
  readonly modelWise: Constraint | null;
  readonly optypeWise: readonly NamedConstraint[];
  readonly opWise: readonly NamedConstraint[];
}

const approach = choice(
  {
    post_training_static_quant: 'static',
    post_training_dynamic_quant: 'dynamic',
    post_training_auto_quant: 'auto',
    post_training_weight_only_quant: 'weight_only',
  },
  { unsupported: { quant_aware_training: 'Octet does not train.' } },
);

const tensorflowOnly = { unused: 'it belongs to TensorFlow graphs.' };

const recipeSwitch: Shape<Switch> = {
  accepts: 'auto, true or false',
  read(cursor) {
    return cursor.found() === 'auto' ? 'auto' : flag.read.call(this, cursor);
  },
  write: (value) => value,
};

/** Read, but written by its newer name. */
const olderFlag: Shape<boolean> = { ...flag, write: (value) => value || undefined };

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
  lastConvOrMatmulQuantization: key(
    'last_conv_or_matmul_quantization',
    flag,
    true,
    'Lets the last Conv or MatMul compute in int8.',
  ),
  prePostProcessQuantization: key(
    'pre_post_process_quantization',
    flag,
    true,
    'Lets ops in front of the first and behind the last Conv or MatMul compute in int8.',
    { unused: 'they always compute in float.' },
  ),
  smoothQuant: key('smooth_quant', recipeSwitch, 'auto', 'SmoothQuant: tried (auto), always or never.'),
  smoothQuantArgs: key('smooth_quant_args', smoothQuantArgs, smoothQuantArgs.defaults, 'How strongly it smooths.'),
  maxPooling: key('scale_propagation_max_pooling', flag, true, 'Shares scales through max pooling.', tensorflowOnly),
  concat: key('scale_propagation_concat', flag, true, 'Shares scales through Concat.', tensorflowOnly),
  equalization: key(
    'equalization',
    recipeSwitch,
    'auto',
    'Evens out the channels of neighbouring layers before calibration; a key of Octet.',
  ),
  biasCorrection: key(
    'fast_bias_correction',
    recipeSwitch,
    'auto',
    'Adds the mean error that rounded weights make to the biases.',
  ),
  float16Compute: key(
    'float16_compute',
    recipeSwitch,
    'auto',
    'On WebGPU (device: gpu): float16 compute tried (auto), always or never; a key of Octet.',
  ),
  weightClip: key('weight_clip', recipeSwitch, 'auto', 'Chooses weight scales by least squared error; a key of Octet.'),
  outlierChannels: key(
    'outlier_channels',
    recipeSwitch,
    'auto',
    'Splits channels that are far louder than the others off from int8 products, to be added in float: tried (auto), always or never; a key of Octet.',
  ),
  matmulNBits: key(
    'matmul_nbits',
    flag,
    false,
    'Keeps int4 weights of MatMul and Gemm in 4 bits in memory (operator MatMulNBits): for WebGPU, slower than float on WASM; a key of Octet.',
  ),
  weightCorrection: key(
    'weight_correction',
    olderFlag,
    false,
    'Neural Compressor’s name for what weight_clip does better.',
  ),
});

const advance = section({
  biasCorrection: key('bias_correction', nullable(anyText), null, 'Older name of recipes.fast_bias_correction.'),
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
    device: key(
      'device',
      oneOf(['cpu', 'gpu']),
      'cpu',
      'Where the float model runs meanwhile: cpu, or gpu (WebGPU, on the page only; the last bits of ranges are those of the device). A key of Octet.',
    ),
  });
  return section(
    {
      approach: key(
        'approach',
        approach,
        'static',
        'Ranges calibrated beforehand, measured at run time, or both; or float compute from int4 weights.',
      ),
      calibration: key('calibration', calibration, calibration.defaults, 'How ranges are observed.'),
      recipes: key('recipes', recipes, recipes.defaults, 'Variations of the rewrite.'),
      advance: key('advance', nullable(advance), null, 'Legacy switches.'),
      modelWise: key('model_wise', nullable(constraint), null, 'What all ops may be.'),
      optypeWise: key('optype_wise', namedConstraints, [], 'What ops of a type may be, instead of model_wise.'),
      opWise: key('op_wise', namedConstraints, [], 'What single ops may be: names, globs or /regular expressions/.'),
    },
    { unsupported: { train: 'Octet does not train.' }, check: modernNames },
  );
}

interface OlderNames {
  readonly recipes: Readonly<Record<RecipeName, Switch>> & { readonly weightCorrection: boolean };
  readonly advance: { readonly biasCorrection: string | null } | null;
}

/** Older names of recipes ask for what replaces them, unless the newer key says otherwise; they are not written again. */
function modernNames<V extends OlderNames>(value: V, cursor: Cursor): V {
  const { recipes, advance } = value;
  const asked = (is: boolean, older: string, name: RecipeName, newer: string): Partial<Record<RecipeName, true>> => {
    if (!is || recipes[name] !== 'auto') return {};
    const [from, to] = [`${cursor.path}.${older}`, `${cursor.path}.recipes.${newer}`];
    cursor.warn('config-value-replaced', `${from} is read as ${to}: true.`);
    return { [name]: true };
  };
  const isBiasAsked = typeof advance?.biasCorrection === 'string';
  return {
    ...value,
    advance: null,
    recipes: {
      ...recipes,
      ...asked(recipes.weightCorrection, 'recipes.weight_correction', 'weightClip', 'weight_clip'),
      ...asked(isBiasAsked, 'advance.bias_correction', 'biasCorrection', 'fast_bias_correction'),
      weightCorrection: false,
    },
  };
}
