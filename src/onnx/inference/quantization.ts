import { intAttribute } from '../attributes.ts';
import { tensorType } from '../data-types.ts';
import type { InferenceRule, RuleFamily } from './rule.ts';

const quantize: InferenceRule = ({ node, input, has }) => {
  const code = intAttribute(node, 'output_dtype', 0);
  const type = has(2) ? input(2).type : code === 0 ? 'uint8' : tensorType(code);
  return [{ type, dims: input(0).dims }];
};

/** Quantization; seen only in models that were rewritten. */
export const QUANTIZATION: RuleFamily = {
  QuantizeLinear: quantize,
  DequantizeLinear: ({ input }) => [{ type: input(1).type, dims: input(0).dims }],
  DynamicQuantizeLinear: ({ input }) => [
    { type: 'uint8', dims: input(0).dims },
    { type: 'float32', dims: [] },
    { type: 'uint8', dims: [] },
  ],
};
