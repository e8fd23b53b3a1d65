import { isConstant, isFloat, rankOf, type OpRule } from './op-rule.ts';
import { rowsPerSample, tooFewRows } from './rows.ts';

/** MatMul (opset 1, 9, 13) with a constant matrix on the right: QLinearMatMul, MatMulIntegerToFloat or, dynamic, DynamicQuantizeMatMul. */
export const matmul: OpRule = {
  opTypes: ['MatMul'],
  roles(node, model) {
    const [left, right] = node.input;
    if (!isConstant(model, right)) {
      return isConstant(model, left)
        ? 'its constant is on the left side'
        : 'both sides are activations: int8 does not pay there and costs accuracy';
    }
    if (!isFloat(model, left)) return 'its input is not float32';
    const rank = rankOf(model, right as string) ?? 0;
    if (rank < 2) return 'its weight is a vector';
    const slower = tooFewRows(rowsPerSample(model, left as string));
    return {
      activations: [0],
      weight: { index: 1, axis: rank === 2 ? 1 : null },
      output: 'own',
      floatOutput: true,
      modes: ['static', 'dynamic'],
      glue: false,
      ...(slower === undefined ? {} : { slower }),
    };
  },
};
