import { evaluation } from './evaluation.ts';
import type { EvaluationSettings } from './evaluation.ts';
import type { Cursor } from './cursor.ts';
import { model } from './model.ts';
import type { ModelSettings } from './model.ts';
import type { Vocabulary } from './named.ts';
import { quantization } from './quantization.ts';
import type { QuantizationSettings } from './quantization.ts';
import { oneOf } from './scalars.ts';
import { key, section } from './shape.ts';
import type { Section, Shape } from './shape.ts';
import { tuning } from './tuning.ts';
import type { TuningSettings } from './tuning.ts';

/** A configuration as understood, defaults filled in; `settingsToYaml` writes it back. */
export interface TuneSettings {
  readonly version: string;
  readonly model: ModelSettings;
  readonly device: 'cpu' | 'gpu';
  readonly quantization: QuantizationSettings;
  readonly evaluation: EvaluationSettings;
  readonly tuning: TuningSettings;
}

const floatModes = 'Octet quantizes to int8; it has no float mixed-precision mode.';

const version: Shape<string> = {
  accepts: '1.0 or 2.0',
  read(cursor) {
    const found = cursor.found();
    if (!/^[12](\.\d+)*$/.test(found)) throw cursor.invalid(this.accepts);
    return found;
  },
  write: (value) => value,
};

/** The whole configuration. */
export function settingsShape(vocabulary: Vocabulary): Section<TuneSettings> {
  const sections = {
    quantization: quantization(vocabulary),
    evaluation: evaluation(vocabulary),
    tuning: tuning(vocabulary),
  };
  return section(
    {
      version: key('version', version, '1.0', 'Version of the YAML schema.'),
      model: key('model', model, model.defaults, 'The model; without this section the dropped file tells all.'),
      device: key(
        'device',
        oneOf(['cpu', 'gpu']),
        'cpu',
        'Where the model will run: cpu (WASM) or gpu (WebGPU, on the page only).',
      ),
      quantization: key(
        'quantization',
        sections.quantization,
        sections.quantization.defaults,
        'What may be quantized, and how.',
      ),
      evaluation: key('evaluation', sections.evaluation, sections.evaluation.defaults, 'How models are judged.'),
      tuning: key('tuning', sections.tuning, sections.tuning.defaults, 'How the search goes, and when it ends.'),
    },
    {
      unsupported: {
        graph_optimization: floatModes,
        mixed_precision: floatModes,
        model_conversion: 'it converts TensorFlow models.',
        pruning: 'Octet does not train.',
        distillation: 'Octet does not train.',
        nas: 'Octet does not train.',
      },
      check: (settings, cursor) => matchApproach(warnOfGpu(settings, cursor), cursor),
    },
  );
}

function warnOfGpu(settings: TuneSettings, cursor: Cursor): TuneSettings {
  if (settings.device === 'gpu') {
    cursor
      .child('device')
      ?.warn(
        'config-device',
        'WebGPU has no int8 kernels: weights are stored compactly and float16 compute is tried; constraints and strategy have no effect.',
      );
  }
  if (settings.device === 'gpu' && settings.evaluation.accuracy.device === 'gpu') {
    cursor.warn(
      'config-no-effect',
      'evaluation.accuracy.device changes nothing: with device: gpu every trial is scored there.',
    );
  }
  if (settings.device === 'gpu' && settings.quantization.calibration.device === 'gpu') {
    cursor.warn(
      'config-no-effect',
      'quantization.calibration.device changes nothing: with device: gpu nothing computes in int8, so nothing is calibrated.',
    );
  }
  if (settings.device === 'cpu' && settings.quantization.recipes.float16Compute === true) {
    cursor.warn('config-no-effect', 'recipes.float16_compute changes nothing: WASM computes in float32 (device: cpu).');
  }
  return settings;
}

/** Integer operators are the dynamic form: where no approach is given, the framework decides it. */
function matchApproach(settings: TuneSettings, cursor: Cursor): TuneSettings {
  if (settings.model.framework !== 'onnxrt_integerops' || settings.quantization.approach !== 'static') return settings;
  const given = cursor.child('quantization')?.child('approach');
  if (given !== undefined) {
    given.warn(
      'config-approach',
      'onnxrt_integerops is the dynamic form; the static approach is followed and QDQ written.',
    );
    return settings;
  }
  cursor.warn('config-approach', 'onnxrt_integerops without an approach: dynamic quantization is assumed.');
  return { ...settings, quantization: { ...settings.quantization, approach: 'dynamic' } };
}
