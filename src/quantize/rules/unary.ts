import { isFloat, type OpRule } from './op-rule.ts';

/** Ops of one activation whose integer kernels requantize: QLinearSigmoid, QLinearLeakyRelu, QLinearAveragePool, QLinearGlobalAveragePool. */
export const unary: OpRule = {
  opTypes: ['Sigmoid', 'LeakyRelu', 'AveragePool', 'GlobalAveragePool'],
  roles(node, model) {
    if (!isFloat(model, node.input[0])) return 'its input is not float32';
    return {
      activations: [0],
      output: 'own',
      floatOutput: false,
      modes: ['static'],
      glue: true,
    };
  },
};
