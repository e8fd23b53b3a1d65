import { isConstant, isFloat, type OpRule } from './op-rule.ts';

/** Concat (opset 4 to 13): QLinearConcat between int8 ops. */
export const concat: OpRule = {
  opTypes: ['Concat'],
  roles(node, model) {
    if (!node.input.every((name) => isFloat(model, name) && !isConstant(model, name))) {
      return 'it does not join float32 activations only';
    }
    return {
      activations: node.input.map((_, index) => index),
      output: 'own',
      floatOutput: false,
      modes: ['static'],
      glue: true,
    };
  },
};
