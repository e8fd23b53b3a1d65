import { intAttribute } from '../../onnx/attributes.ts';
import { dimsOf } from '../../onnx/tensor-proto.ts';
import { isConstant, isFloat, type OpRule } from './op-rule.ts';

/** Below this many weights per output channel requantizing an output costs more than the integer products save on WASM. */
const THIN_WEIGHTS = 64;

/** Conv (opset 1, 11): QLinearConv or, dynamic, ConvInteger; weights per output channel, rank, groups, dilations as they are. */
export const conv: OpRule = {
  opTypes: ['Conv'],
  roles(node, model) {
    const [input, weight, bias] = node.input;
    if (!isConstant(model, weight)) return 'its weight is not a constant';
    if (!isFloat(model, input)) return 'its input is not float32';
    if (bias && !isConstant(model, bias)) return 'its bias is not a constant';
    const dims = dimsOf(model.graph.initializer(weight as string) ?? ({ dims: [] } as never));
    const weightsPerOutput = dims.slice(1).reduce((product, dim) => product * dim, 1);
    const group = intAttribute(node, 'group', 1);
    const slower =
      group > 1 && dims[1] === 1
        ? 'a depthwise Conv runs 4–6 times slower in int8 on WASM'
        : weightsPerOutput < THIN_WEIGHTS
          ? `only ${weightsPerOutput} weights per output channel: requantizing costs more than int8 products save on WASM`
          : undefined;
    return {
      activations: [0],
      weight: { index: 1, axis: 0 },
      ...(bias ? { bias: 2 } : {}),
      output: 'own',
      floatOutput: false,
      modes: ['static', 'dynamic'],
      glue: false,
      ...(slower === undefined ? {} : { slower }),
    };
  },
};
