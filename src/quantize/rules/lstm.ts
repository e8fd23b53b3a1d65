import { intAttribute } from '../../onnx/attributes.ts';
import { isConstant, isFloat, type OpRule } from './op-rule.ts';
import { tooFewRows } from './rows.ts';

/** LSTM (opset 7, 14) with constant weights: DynamicQuantizeLSTM, scales per row of the gates. */
export const lstm: OpRule = {
  opTypes: ['LSTM'],
  roles(node, model) {
    const [input, weight, recurrence] = node.input;
    if (!isConstant(model, weight) || !isConstant(model, recurrence)) return 'its weights are not constants';
    if (!isFloat(model, input)) return 'its input is not float32';
    if (intAttribute(node, 'layout', 0) !== 0)
      return 'its sequences come batch first (layout 1): no integer kernel does';
    // Each step multiplies as many rows as there are sequences: of one, int8 has 0.6 to 0.9 of float's speed, of 8 twice.
    const slower = tooFewRows(model.infos.get(input as string)?.dims?.[1] ?? undefined);
    return {
      activations: [0],
      weight: { index: 1, axis: 1 },
      output: 'own',
      floatOutput: true,
      modes: ['dynamic'],
      glue: false,
      ...(slower === undefined ? {} : { slower }),
    };
  },
};
