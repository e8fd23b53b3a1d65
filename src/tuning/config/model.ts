import { listOf } from './lists.ts';
import { anyText, oneOf } from './scalars.ts';
import { key, nullable, section } from './shape.ts';
import type { ValueOf } from './shape.ts';

const OTHER_FRAMEWORKS = [
  'tensorflow',
  'tensorflow_itex',
  'keras',
  'pytorch',
  'pytorch_fx',
  'pytorch_ipex',
  'mxnet',
  'engine',
];

const framework = oneOf(['onnxrt_qdq', 'onnxrt_qlinearops', 'onnxrt_qoperator', 'onnxrt_integerops', 'NA'], {
  unsupported: Object.fromEntries(OTHER_FRAMEWORKS.map((name) => [name, 'Octet tunes ONNX models.'])),
});

const fromFile = 'inputs and outputs are read from the model file.';

/** The YAML section `model`. */
export const model = section(
  {
    name: key('name', nullable(anyText), null, 'A label for the model.'),
    framework: key('framework', framework, 'onnxrt_qdq', 'The int8 form: QDQ, operators, or integer operators.', {
      absent: 'model.framework is not given; onnxrt_qdq is assumed.',
    }),
    inputs: key('inputs', listOf(anyText), [], 'Names of inputs.', { unused: fromFile }),
    outputs: key('outputs', listOf(anyText), [], 'Names of outputs.', { unused: fromFile }),
  },
  {
    check(value, cursor) {
      if (value.framework === 'onnxrt_qlinearops' || value.framework === 'onnxrt_qoperator') {
        const message = `${value.framework}: Octet tunes the QDQ form, which ONNX Runtime turns into the same integer operators; octet quantize writes them.`;
        cursor.warn('config-framework-qdq', message);
      }
      return value;
    },
  },
);

export type ModelSettings = ValueOf<typeof model>;
