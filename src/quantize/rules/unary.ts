import type { ActivationRange } from '../config.ts';
import { isFloat, type OpRule } from './op-rule.ts';

/** Outputs whose bounds follow from the definition of the op. */
const KNOWN_RANGES: Readonly<Record<string, ActivationRange>> = { Sigmoid: { min: 0, max: 1 } };

/** Ops of one activation whose integer kernels requantize: QLinearSigmoid, QLinearLeakyRelu, QLinearAveragePool, QLinearGlobalAveragePool. */
export const unary: OpRule = {
  opTypes: ['Sigmoid', 'LeakyRelu', 'AveragePool', 'GlobalAveragePool'],
  roles(node, model) {
    if (!isFloat(model, node.input[0])) return 'its input is not float32';
    const knownRange = KNOWN_RANGES[node.opType ?? ''];
    return {
      activations: [0],
      output: 'own',
      floatOutput: false,
      ...(knownRange ? { knownRange } : {}),
      modes: ['static'],
      glue: true,
    };
  },
};
