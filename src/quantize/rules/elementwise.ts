import { isConstant, isFloat, type OpRule } from './op-rule.ts';

/** Add and Mul (opset 7, 13) of two activations: QLinearAdd, QLinearMul between int8 ops. */
export const elementwise: OpRule = {
  opTypes: ['Add', 'Mul'],
  roles(node, model) {
    if (node.input.some((name) => isConstant(model, name))) return 'one side is a constant: float is faster on WASM';
    if (!node.input.every((name) => isFloat(model, name))) return 'its inputs are not float32';
    return { activations: [0, 1], output: 'own', floatOutput: false, modes: ['static'], glue: true };
  },
};
