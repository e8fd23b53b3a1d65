import { CONSTANT } from './constant.ts';
import { CONVOLUTION } from './convolution.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { GROWTH } from './growth.ts';
import { LAYOUT } from './layout.ts';
import { PRODUCT } from './product.ts';
import { QUANTIZATION } from './quantization.ts';
import { RECURRENT } from './recurrent.ts';
import { REDUCTION } from './reduction.ts';
import type { InferenceRule } from './rule.ts';
import { SELECTION } from './selection.ts';
import { UNARY } from './unary.ts';

const FAMILIES = [
  CONSTANT,
  CONVOLUTION,
  ELEMENTWISE,
  GROWTH,
  LAYOUT,
  PRODUCT,
  QUANTIZATION,
  RECURRENT,
  REDUCTION,
  SELECTION,
  UNARY,
];

/** Inference rules by operator type (ai.onnx and com.microsoft, whose names do not clash). */
export const INFERENCE_RULES: ReadonlyMap<string, InferenceRule> = new Map(FAMILIES.flatMap(Object.entries));
