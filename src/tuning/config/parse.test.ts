import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { Fault } from '../../base/fault.ts';
import type { Vocabulary } from './named.ts';
import { defaultSettings, parseConfig, settingsToYaml } from './parse.ts';
import type { ParsedConfig } from './parse.ts';

const vocabulary: Vocabulary = {
  metrics: [
    { name: 'topk', help: '', options: { k: { type: 'integer', help: '', default: 1, min: 1 } } },
    { name: 'MSE', help: '', options: { compare_label: { type: 'boolean', help: '', default: true } } },
    {
      name: 'ctc_exact_match',
      help: '',
      options: { blank: { type: 'integer', help: '', default: 0 }, space: { type: 'integer', help: '' } },
    },
  ],
  transforms: [
    { name: 'Resize', help: '', options: { size: { type: 'integers', help: '' } } },
    { name: 'Rescale', help: '', options: {} },
    {
      name: 'Normalize',
      help: '',
      options: { mean: { type: 'numbers', help: '', default: [0] }, std: { type: 'numbers', help: '', default: [1] } },
    },
  ],
  strategies: [
    { name: 'basic', help: '', options: { combinations: { type: 'integer', help: '', default: 16, min: 1 } } },
    { name: 'tpe', help: '', options: { accuracy_weight: { type: 'number', help: '', default: 1 } } },
  ],
};

const read = (text: string): ParsedConfig => parseConfig(text, vocabulary, 'tune.yaml');

function faultOf(text: string): Fault {
  try {
    read(text);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error('No fault was thrown.');
}

const FULL = `
version: 1.0
model: {name: my_model, framework: onnxrt_qdq}
device: cpu
quantization:
  approach: post_training_auto_quant
  calibration:
    sampling_size: 64, 256
    dataloader:
      batch_size: 16
      last_batch: discard
      dataset: {ImageFolder: {root: /calib}}
      transform: {Resize: {size: 256}, Rescale: {}, Normalize: {mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}}
  recipes: {first_conv_or_matmul_quantization: False, weight_storage: float16}
  model_wise: {weight: {granularity: per_channel}, activation: {algorithm: "minmax, kl"}}
  optype_wise: {Conv: {weight: {granularity: [per_channel]}}}
  op_wise: {"12": {weight: {dtype: [fp32]}, activation: {dtype: [fp32]}}, "1": {activation: {dtype: [uint8]}}}
evaluation:
  accuracy: {metric: {topk: 5}, dataloader: {batch_size: 16}, postprocess: {transform: {LabelShift: 1}}}
tuning:
  strategy: {name: basic, combinations: 4}
  accuracy_criterion: {absolute: 0.5%, higher_is_better: yes}
  objective: modelsize
  multi_objectives: {objective: [accuracy, performance], weight: [0.8, 0.2]}
  exit_policy: {timeout: 60, max_trials: 20}
  random_seed: 9527
`;

describe('parseConfig', () => {
  it('reads the whole schema', () => {
    const { settings } = read(FULL);
    expect(settings.model).toMatchObject({ name: 'my_model', framework: 'onnxrt_qdq' });
    expect(settings.quantization).toMatchObject({
      approach: 'auto',
      calibration: { samplingSizes: [64, 256] },
      recipes: { firstConvOrMatmulQuantization: false, weightStorage: 'float16' },
      modelWise: {
        weight: { granularity: ['per_channel'], scheme: null },
        activation: { algorithm: ['minmax', 'kl'] },
      },
    });
    expect(settings.quantization.calibration.dataloader?.transform).toEqual([
      { name: 'Resize', options: { size: [256] } },
      { name: 'Rescale', options: {} },
      { name: 'Normalize', options: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } },
    ]);
    expect(settings.quantization.opWise.map(({ name }) => name)).toEqual(['12', '1']);
    expect(settings.evaluation.accuracy.metric).toEqual({ name: 'topk', options: { k: 5 } });
    expect(settings.evaluation.accuracy.postprocess.transform.labelShift).toBe(1);
    expect(settings.tuning.strategy).toEqual({ name: 'basic', options: { combinations: 4 } });
    expect(settings.tuning.accuracyCriterion).toEqual({ kind: 'absolute', tolerance: 0.005, higherIsBetter: true });
    expect(settings.tuning.exitPolicy).toEqual({
      timeoutSeconds: 60,
      maxTrials: 20,
      performanceOnly: false,
      earlyStopping: 'racing',
    });
  });

  it('says where the data come from when the file names a dataset', () => {
    const codes = read(FULL).warnings.map(({ code, place }) => [code, place]);
    expect(codes).toEqual([
      ['config-dataset-unused', 'line 12, quantization.calibration.dataloader.dataset (column 16)'],
    ]);
  });

  it('writes no key that would only warn, such as an empty list', () => {
    const { settings } = read(FULL);
    const [first] = settings.quantization.opWise;
    const { weight, activation } = first!.constraint;
    const constraint = { weight: { ...weight, bit: null }, activation: { ...activation, computeDtype: [] } };
    const opWise = [{ ...first!, constraint }];
    const again = read(settingsToYaml({ ...settings, quantization: { ...settings.quantization, opWise } }));
    expect(again.warnings.map(({ code }) => code)).not.toContain('config-key-unused');
    expect(again.settings.quantization.opWise).toEqual(opWise);
  });

  it('reads the names that Neural Compressor has for recipes as what does the same', () => {
    const recipes = (yaml: string) => {
      const { settings, warnings } = read(`model: {name: a, framework: NA}\nquantization: {${yaml}}`);
      const again = read(settingsToYaml(settings));
      expect(again.settings.quantization).toEqual(settings.quantization);
      expect(again.warnings).toEqual([]);
      const { equalization, biasCorrection, weightClip } = settings.quantization.recipes;
      return { found: [equalization, biasCorrection, weightClip], codes: warnings.map(({ code }) => code) };
    };
    expect(recipes('approach: post_training_static_quant')).toEqual({ found: ['auto', 'auto', 'auto'], codes: [] });
    expect(recipes('recipes: {fast_bias_correction: True, equalization: auto, weight_clip: no}')).toEqual({
      found: ['auto', true, false],
      codes: [],
    });
    expect(recipes('recipes: {weight_correction: true}')).toEqual({
      found: ['auto', 'auto', true],
      codes: ['config-value-replaced'],
    });
    expect(recipes('recipes: {weight_correction: true, weight_clip: false}').found).toEqual(['auto', 'auto', false]);
    expect(recipes('advance: {bias_correction: weight_empirical}')).toEqual({
      found: ['auto', true, 'auto'],
      codes: ['config-value-replaced'],
    });
  });

  it('reads and writes outlier_channels', () => {
    const found = (recipes: string) =>
      read(`model: {name: a, framework: NA}\nquantization: {recipes: {${recipes}}}`).settings;
    const values = ['', 'outlier_channels: true', 'outlier_channels: no'].map((yaml) => {
      const again = read(settingsToYaml(found(yaml))).settings;
      return again.quantization.recipes.outlierChannels;
    });
    expect(values).toEqual(['auto', true, false]);
    const { code, details } = faultOf('model: {framework: NA}\nquantization: {recipes: {outlier_channels: 0.5}}');
    expect([code, details.accepted]).toEqual(['config-invalid-value', 'auto, true or false']);
    expect(details.place).toContain('quantization.recipes.outlier_channels');
  });

  it('says what changes nothing on WebGPU, and on WASM', () => {
    const everywhere = 'evaluation: {accuracy: {device: gpu}}\nquantization: {calibration: {device: gpu}}\n';
    const { settings, warnings } = read(`device: gpu\n${everywhere}`);
    expect(settings).toMatchObject({
      quantization: { calibration: { device: 'gpu' } },
      evaluation: { accuracy: { device: 'gpu' } },
    });
    expect(warnings.map(({ code }) => code)).toEqual(['config-device', 'config-no-effect', 'config-no-effect']);
    expect(read(everywhere).warnings).toEqual([]);
    const narrow = 'quantization: {recipes: {float16_compute: true}}';
    expect(read(narrow).warnings.map(({ code }) => code)).toEqual(['config-no-effect']);
    expect(read(`device: gpu\n${narrow}`).warnings.map(({ code }) => code)).toEqual(['config-device']);
  });

  it('fills in the defaults, and says what is missing that a dropped model does not tell', () => {
    const { settings, warnings } = read('tuning: {random_seed: 1978}');
    expect(settings).toEqual(defaultSettings(vocabulary));
    expect(warnings).toEqual([]);
    expect(read('tuning: {accuracy_criterion: {}}').warnings.map(({ code }) => code)).toEqual(['config-key-absent']);
    expect(read('# nothing here\n').warnings.map(({ code }) => code)).toEqual(['config-empty']);
    expect(read('').settings).toEqual(defaultSettings(vocabulary));
    expect(read('quantization:\ntuning:\n').settings).toEqual(defaultSettings(vocabulary));
    expect(read('model: {name: a}').warnings.map(({ place }) => place)).toEqual(['line 1, model (column 8)']);
  });

  it.each([
    ['topk: 1', { name: 'topk', options: { k: 1 } }],
    ['topk: {k: 5}', { name: 'topk', options: { k: 5 } }],
    ['topk', { name: 'topk', options: { k: 1 } }],
    ['MSE: {compare_label: no}', { name: 'MSE', options: { compare_label: false } }],
    ['{MSE: }', { name: 'MSE', options: { compare_label: true } }],
    ['ctc_exact_match: {blank: 0, space: 6624}', { name: 'ctc_exact_match', options: { blank: 0, space: 6624 } }],
  ])('reads the metric %s', (text, expected) => {
    const { settings } = read(`model: {framework: NA}\nevaluation:\n  accuracy:\n    metric:\n      ${text}`);
    expect(settings.evaluation.accuracy.metric).toEqual(expected);
  });

  it('reads several metrics', () => {
    const { settings } = read(
      'evaluation: {accuracy: {multi_metrics: {topk: 5, MSE: {}, weight: [1, 2], higher_is_better: [true, false]}}}',
    );
    expect(settings.evaluation.accuracy.multiMetrics).toEqual({
      metrics: [
        { name: 'topk', options: { k: 5 } },
        { name: 'MSE', options: { compare_label: true } },
      ],
      weight: [1, 2],
      higherIsBetter: [true, false],
    });
  });

  it('takes dynamic quantization from integer operators unless told otherwise', () => {
    expect(read('model: {framework: onnxrt_integerops}').settings.quantization.approach).toBe('dynamic');
    const told = read('model: {framework: onnxrt_integerops}\nquantization: {approach: post_training_static_quant}');
    expect(told.settings.quantization.approach).toBe('static');
    expect(told.warnings.map(({ code }) => code)).toEqual(['config-approach']);
  });

  it('accepts what the original accepts, and says what has no effect', () => {
    const { warnings } = read(
      'model: {name: m, framework: onnxrt_qdq}\n' +
        'tuning: {tensorboard: true, workspace: {path: ./ws}, diagnosis: {diagnosis_after_tuning: true}, strategy: {name: basic, sigopt_api_token: x}}',
    );
    expect(warnings.map(({ code }) => code)).toEqual(Array(4).fill('config-key-unused'));
  });

  it('merges anchors and maps', () => {
    const { settings } = read(
      'base: &b {weight: {dtype: [int8]}}\n'.replace('base: ', 'quantization:\n  model_wise: ') +
        '  optype_wise: {Conv: *b, Gemm: {<<: *b}}',
    );
    const int8 = ['int8'];
    expect(settings.quantization.optypeWise.map(({ constraint }) => constraint.weight.dtype)).toEqual([int8, int8]);
  });

  it('reads bf16 and placeholder as the original means them, with a warning', () => {
    const { settings, warnings } = read(
      'model: {framework: NA}\nquantization: {model_wise: {weight: {dtype: [int8, bf16]}, activation: {algorithm: [placeholder]}}}',
    );
    expect(settings.quantization.modelWise?.weight.dtype).toEqual(['int8', 'fp32']);
    expect(settings.quantization.modelWise?.activation.algorithm).toBeNull();
    expect(warnings.map(({ code }) => code)).toEqual(['config-value-replaced', 'config-value-ignored']);
  });
});

describe('faults of a configuration', () => {
  it.each([
    ['- 1', 'config-not-a-map'],
    ['hello', 'config-not-a-map'],
    ['tuning:\n  exit_policy:\n\tmax_trials: 3', 'config-tabs'],
    ['tuning: [1', 'config-not-yaml'],
    ['model: {}\n---\nmodel: {}', 'config-not-yaml'],
    ['device: cpu\ndevice: gpu', 'config-not-yaml'],
    ['tuning: *nowhere', 'config-not-yaml'],
    ['a: &a [*a]', 'config-not-yaml'],
    ['device: !!python/object:os.system x', 'config-not-yaml'],
    ['__proto__: {a: 1}', 'config-unknown-key'],
    ['tuning: {constructor: 1}', 'config-unknown-key'],
    ['tunning: {}', 'config-unknown-key'],
    ['pruning: {}', 'config-unsupported'],
    ['graph_optimization: {}', 'config-unsupported'],
    ['model: {framework: tensorflow}', 'config-unsupported'],
    ['model: {framework: onnxrt_integer}', 'config-invalid-value'],
    ['version: 3.0', 'config-invalid-value'],
    ['device: tpu', 'config-invalid-value'],
    ['quantization: {approach: quant_aware_training}', 'config-unsupported'],
    ['quantization: {calibration: {sampling_size: 0}}', 'config-invalid-value'],
    ['quantization: {calibration: {sampling_size: 10.5}}', 'config-invalid-value'],
    ['quantization: {op_wise: {conv1: {weight: {algorithm: [kl]}}}}', 'config-invalid-value'],
    ['quantization: {calibration: {dataloader: {transform: {RandomCrop: {size: 3}}}}}', 'config-unsupported'],
    ['quantization: {calibration: {dataloader: {transform: {Resize: {}}}}}', 'config-missing-key'],
    ['quantization: {calibration: {dataloader: {transform: {Resise: {size: 3}}}}}', 'config-unknown-key'],
    ['quantization: {calibration: {dataloader: {dataset: {GLUE: {}}}}}', 'config-unsupported'],
    ['evaluation: {accuracy: {metric: {topk: 0}}}', 'config-invalid-value'],
    ['evaluation: {accuracy: {metric: {topk: {n: 1}}}}', 'config-unknown-key'],
    ['evaluation: {accuracy: {metric: {topk: 1, MSE: {}}}}', 'config-contradiction'],
    ['evaluation: {accuracy: {metric: {topk: 1}, multi_metrics: {MSE: {}}}}', 'config-contradiction'],
    ['evaluation: {accuracy: {metric: {mAP: {}}}}', 'config-unsupported'],
    ['evaluation: {accuracy: {iteration: 0}}', 'config-invalid-value'],
    ['tuning: {strategy: {name: mse}}', 'config-unknown-strategy'],
    ['tuning: {strategy: {name: basics}}', 'config-unknown-strategy'],
    ['tuning: {strategy: {name: basic, combination: 1}}', 'config-unknown-key'],
    ['tuning: {accuracy_criterion: {relative: 0.01, absolute: 1}}', 'config-contradiction'],
    ['tuning: {accuracy_criterion: {relative: 1}}', 'config-invalid-value'],
    ['tuning: {accuracy_criterion: {relative: "0.01"}}', 'config-invalid-value'],
    ['tuning: {accuracy_criterion: {relative: -100%}}', 'config-invalid-value'],
    ['tuning: {exit_policy: {max_trials: 0}}', 'config-invalid-value'],
    ['tuning: {exit_policy: {timeout: soon}}', 'config-invalid-value'],
    ['tuning: {multi_objectives: {objective: [accuracy, performance], weight: [1]}}', 'config-invalid-value'],
  ])('%j → %s', (text, code) => {
    const fault = faultOf(text);
    expect(fault.code).toBe(code);
    expect(fault.details.file).toBe('tune.yaml');
  });

  it('names line, key, what was found, what is accepted, and the nearest key', () => {
    const { details } = faultOf('tuning:\n  exit_policy:\n    max_trails: 3');
    expect(details).toMatchObject({ place: 'line 3, tuning.exit_policy.max_trails (column 5)', found: 'max_trails' });
    expect(details.accepted).toContain('max_trials');
    expect(details.next).toContain('max_trials');
  });

  it('refuses aliases that unfold without end', () => {
    const ten = (name: string): string => `[${Array(10).fill(name).join(', ')}]`;
    const levels = ['b', 'c', 'd', 'e', 'f'].map((name, i) => `${name}: &${name} ${ten('*' + 'abcde'[i])}`);
    expect(faultOf(`a: &a ${ten('1')}\n${levels.join('\n')}`).code).toBe('config-alias-bomb');
  });

  it('names the strategies of the original that are not built', () => {
    expect(faultOf('tuning: {strategy: {name: mse}}').details.accepted).toMatch(/basic, tpe \(not built yet: .*mse/);
  });
});

describe('settingsToYaml', () => {
  const reload = (text: string): unknown => read(settingsToYaml(read(text).settings)).settings;

  it('is read back to the same settings', () => {
    expect(reload(FULL)).toEqual(read(FULL).settings);
    expect(read(settingsToYaml(defaultSettings(vocabulary))).settings).toEqual(defaultSettings(vocabulary));
    const twice = 'quantization: {calibration: {dataloader: {transform: [{Rescale: {}}, {Rescale: {}}]}}}';
    expect(reload(twice)).toEqual(read(twice).settings);
    const many =
      'evaluation: {accuracy: {multi_metrics: {topk: 5, MSE: {}, weight: [1, 2]}}}\ntuning: {workspace: {path: ./x}}';
    expect(reload(many)).toEqual(read(many).settings);
  });

  it('warns of nothing new when read back', () => {
    const first = read('model: {name: m, framework: NA}');
    expect(read(settingsToYaml(first.settings)).warnings).toEqual([]);
  });

  it('keeps any op name, number, criterion and limit', () => {
    const names = fc.uniqueArray(
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('1', 'null', 'yes', '<<x', '/a/b', '~', '*', '&')),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(
        names,
        fc.double({ min: -0.99, max: 0.99, noNaN: true }),
        fc.integer({ min: 1 }),
        (opNames, tolerance, maxTrials) => {
          const base = defaultSettings(vocabulary);
          const opWise = opNames
            .filter((name) => name !== '<<')
            .map((name) => {
              const none = { granularity: null, scheme: null, dtype: ['int8' as const], algorithm: null };
              return {
                name,
                constraint: {
                  weight: { ...none, groupSize: null, bit: null },
                  activation: { ...none, dtype: null, computeDtype: [] },
                },
              };
            });
          const settings = {
            ...base,
            quantization: { ...base.quantization, opWise },
            tuning: {
              ...base.tuning,
              accuracyCriterion: { kind: 'relative' as const, tolerance, higherIsBetter: null },
              exitPolicy: { ...base.tuning.exitPolicy, maxTrials },
            },
          };
          const yaml = settingsToYaml(settings);
          const again = read(yaml).settings;
          expect(again.quantization.opWise).toEqual(opWise);
          expect(again.tuning.accuracyCriterion.tolerance).toBe(tolerance);
          expect(again.tuning.exitPolicy.maxTrials).toBe(maxTrials);
        },
      ),
      { numRuns: 200 },
    );
  });
});

const casesFolder = process.env['OCTET_CASES'];

describe.skipIf(casesFolder === undefined)('configurations of the cases', () => {
  const files = readdirSync(casesFolder ?? '.')
    .map((name) => join(casesFolder ?? '.', name, 'config.yaml'))
    .filter((file) => existsSync(file));

  it.each(files)('%s is read without a warning', (file) => {
    const { settings, warnings } = read(readFileSync(file, 'utf8'));
    expect(warnings).toEqual([]);
    expect(settings.tuning).toMatchObject({ strategy: { name: 'basic' }, randomSeed: 9527 });
    expect(read(settingsToYaml(settings)).settings).toEqual(settings);
  });
});

describe('arrays', () => {
  const yaml = 'evaluation: {accuracy: {dataloader: {inputs: {"input.1": ids, mask: m}, labels: y_true}}}\n';

  it('are named by input, written back, and absent where nothing is said', () => {
    const { settings } = read(yaml);
    expect(settings.evaluation.accuracy.dataloader).toMatchObject({
      inputs: { 'input.1': 'ids', mask: 'm' },
      labels: 'y_true',
    });
    expect(read(settingsToYaml(settings)).settings).toEqual(settings);
    // As in the headers of sessions from before there was a choice.
    const { dataloader } = read('evaluation: {accuracy: {dataloader: {batch_size: 4}}}\n').settings.evaluation.accuracy;
    expect(Object.keys(dataloader ?? {})).not.toContain('inputs');
    expect(Object.keys(dataloader ?? {})).not.toContain('labels');
  });

  it('must be a map', () => {
    expect(faultOf('evaluation: {accuracy: {dataloader: {inputs: [a, b]}}}\n').details.accepted).toContain(
      'input_ids: ids',
    );
  });
});
