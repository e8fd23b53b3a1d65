import { intAttribute } from '../attributes.ts';
import { tensorType } from '../data-types.ts';
import { forEach, type InferenceRule, type RuleFamily, type Values } from './rule.ts';

/** Output like the first input: type and dims. */
const same: InferenceRule = ({ input }) => [{ type: input(0).type, dims: input(0).dims }];
const identity: InferenceRule = ({ input }) => [input(0)];
const predicate: InferenceRule = ({ input }) => [{ type: 'bool', dims: input(0).dims }];

function mapped(apply: (value: number) => number): InferenceRule {
  return ({ input }) => [{ ...input(0), values: mapValues(input(0).values, apply) }];
}

function mapValues(values: Values | undefined, apply: (value: number) => number): Values | undefined {
  return values?.map((value) => (value === null ? null : apply(value)));
}

const cast: InferenceRule = ({ node, input }) => {
  const type = tensorType(intAttribute(node, 'to', 0));
  const { dims, values } = input(0);
  if (type === undefined || type === 'bool' || type === 'float16') return [{ type, dims }];
  const convert = type === 'float32' ? Math.fround : type === 'float64' ? Number : Math.trunc;
  return [{ type, dims, values: mapValues(values, convert) }];
};

const dropout: InferenceRule = ({ input }) => [
  { type: input(0).type, dims: input(0).dims },
  { type: 'bool', dims: input(0).dims },
];

const eyeLike: InferenceRule = ({ node, input }) => {
  const code = intAttribute(node, 'dtype', 0);
  return [{ type: code === 0 ? input(0).type : tensorType(code), dims: input(0).dims }];
};

/** Element-wise functions of one tensor, activations, and normalizations whose first output is like their first input. */
export const UNARY: RuleFamily = {
  ...forEach(
    'Relu LeakyRelu ThresholdedRelu Selu Elu Celu Sigmoid HardSigmoid HardSwish Softplus Softsign Tanh Erf Gelu Mish Swish'.split(
      ' ',
    ),
    same,
  ),
  ...forEach(
    'Abs Exp Log Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Sign Round Reciprocal'.split(' '),
    same,
  ),
  ...forEach(
    'Softmax LogSoftmax Hardmax Clip PRelu CumSum LRN Shrink Trilu ReverseSequence BitwiseNot'.split(' '),
    same,
  ),
  ...forEach(
    'BatchNormalization InstanceNormalization LayerNormalization GroupNormalization RMSNormalization'.split(' '),
    same,
  ),
  ...forEach('MeanVarianceNormalization LpNormalization SimplifiedLayerNormalization'.split(' '), same),
  ...forEach('SkipLayerNormalization FastGelu BiasGelu QuickGelu RotaryEmbedding'.split(' '), same),
  ...forEach(['Not', 'IsNaN', 'IsInf'], predicate),
  Identity: identity,
  Neg: mapped((value) => -value),
  Floor: mapped(Math.floor),
  Ceil: mapped(Math.ceil),
  Sqrt: mapped((value) => Math.fround(Math.sqrt(value))),
  Cast: cast,
  CastLike: ({ input }) => [{ type: input(1).type, dims: input(0).dims }],
  Dropout: dropout,
  EyeLike: eyeLike,
};
