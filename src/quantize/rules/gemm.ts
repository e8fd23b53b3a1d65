import { floatAttribute, intAttribute } from '../../onnx/attributes.ts';
import { dimsOf } from '../../onnx/tensor-proto.ts';
import { isConstant, isFloat, type OpRule } from './op-rule.ts';
import { rowsPerSample, tooFewRows } from './rows.ts';

/** Gemm (opset 11, 13) with constant B and C: QGemm, weights per output channel along the axis that transB leaves. */
export const gemm: OpRule = {
  opTypes: ['Gemm'],
  roles(node, model) {
    const [a, b, c] = node.input;
    if (!isConstant(model, b)) return 'its weight is not a constant';
    if (!isFloat(model, a)) return 'its input is not float32';
    if (intAttribute(node, 'transA', 0) !== 0) return 'its input is transposed (transA)';
    if (floatAttribute(node, 'alpha', 1) !== 1 || (c && floatAttribute(node, 'beta', 1) !== 1)) {
      return 'its alpha or beta is not 1';
    }
    if (c && !isConstant(model, c)) return 'its bias is not a constant';
    const axis = intAttribute(node, 'transB', 0) ? 0 : 1;
    const columns = dimsOf(model.graph.initializer(b as string) ?? ({ dims: [] } as never))[axis];
    const bias = c ? model.graph.initializer(c) : undefined;
    if (bias && dimsOf(bias).reduce((product, dim) => product * dim, 1) !== columns) {
      return 'its bias does not have one value per output';
    }
    const slower = tooFewRows(rowsPerSample(model, a as string));
    return {
      activations: [0],
      weight: { index: 1, axis },
      ...(c ? { bias: 2 } : {}),
      output: 'own',
      floatOutput: true,
      modes: ['static', 'dynamic'],
      glue: false,
      ...(slower === undefined ? {} : { slower }),
    };
  },
};
