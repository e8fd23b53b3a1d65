import { stringAttribute } from '../../onnx/attributes.ts';
import { isFloat, type OpRule } from './op-rule.ts';

/** Ops that move values without changing them: they run on the integers when input and output share scale and zero point. */
export const passThrough: OpRule = {
  opTypes: [
    'MaxPool',
    'Reshape',
    'Transpose',
    'Squeeze',
    'Unsqueeze',
    'Flatten',
    'Slice',
    'Split',
    'Expand',
    'Tile',
    'DepthToSpace',
    'Resize',
  ],
  roles(node, model) {
    if (!isFloat(model, node.input[0])) return 'its input is not float32';
    if (node.opType === 'Resize' && stringAttribute(node, 'mode', 'nearest') !== 'nearest') {
      return 'only nearest-neighbour Resize has an integer form';
    }
    if (node.opType === 'MaxPool' && node.output[1]) return 'its indices are used';
    return { activations: [0], output: 'shared', floatOutput: false, modes: ['static'], glue: true };
  },
};
