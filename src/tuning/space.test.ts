import { describe, expect, it } from 'vitest';
import { Fault } from '../base/fault.ts';
import type { ModelCapability, OpCapability } from '../quantize/capability-types.ts';
import type { Int8OpConfig, RangeMethod } from '../quantize/config.ts';
import type { Vocabulary } from './config/named.ts';
import { parseConfig } from './config/parse.ts';
import { pinnedSettings } from './pin.ts';
import { forcedRecipes } from './recipes.ts';
import { buildSpace } from './space.ts';
import type { SpaceOp } from './types.ts';

const vocabulary: Vocabulary = { metrics: [], transforms: [], strategies: [{ name: 'basic', help: '', options: {} }] };
const methods: readonly RangeMethod[] = ['minmax', 'percentile', 'kl', 'mse'];

function option(
  granularity: 'per_channel' | 'per_tensor',
  algorithm: RangeMethod = 'minmax',
  mode: 'static' | 'dynamic' = 'static',
): Int8OpConfig {
  return {
    mode,
    weight: { dtype: 'int8', scheme: 'sym', granularity, algorithm: 'minmax' },
    activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm },
  };
}

const full = (['per_channel', 'per_tensor'] as const).flatMap((granularity) =>
  methods.map((method) => option(granularity, method)),
);

function op(
  name: string,
  opType: string,
  int8: readonly Int8OpConfig[],
  more: Partial<OpCapability> = {},
): OpCapability {
  return { name, opType, int8, pays: true, glue: false, weightBytes: 0, ...more };
}

const weightOnly = [32, 128].map((groupSize): Int8OpConfig => ({
  ...option('per_channel'),
  mode: 'weight_only',
  weight: { dtype: 'int4', scheme: 'sym', granularity: 'per_group', algorithm: 'minmax', groupSize },
}));

const capability: ModelCapability = {
  smoothable: true,
  recipes: ['equalization', 'weightClip', 'outlierChannels', 'matmulNBits'],
  ops: [
    op('/a/Conv', 'Conv', full),
    op('/a/Conv_1', 'Conv', full),
    op('thin', 'Conv', full, { pays: false }),
    op('fc', 'MatMul', [...full, option('per_tensor', 'minmax', 'dynamic')], { weightOnly }),
    op('add', 'Add', [option('per_tensor')], { glue: true }),
    op('softmax', 'Softmax', []),
  ],
};

function build(quantization: string): ReturnType<typeof buildSpace> {
  const { settings } = parseConfig(`model: {framework: NA}\nquantization: ${quantization}`, vocabulary);
  return buildSpace(capability, settings);
}

const ops = (quantization: string): Record<string, SpaceOp> =>
  Object.fromEntries(build(quantization).space.ops.map((each) => [each.name, each]));

const short = (each: SpaceOp | undefined): string[] =>
  (each?.int8 ?? []).map(({ weight, activation, mode }) =>
    mode === 'dynamic' ? 'dynamic' : `${weight.granularity} ${activation.algorithm}`,
  );

function codeOf(quantization: string): string {
  try {
    build(quantization);
  } catch (error) {
    if (error instanceof Fault) return error.code;
    throw error;
  }
  return 'none';
}

describe('buildSpace', () => {
  it('keeps the capability in its order where nothing is constrained', () => {
    const { space, warnings } = build('{calibration: {sampling_size: "300, 20"}, recipes: {weight_storage: int8}}');
    expect(space.ops.map(({ name, int8, float }) => [name, int8.length, float])).toEqual([
      ['/a/Conv', 8, true],
      ['/a/Conv_1', 8, true],
      ['thin', 0, true],
      ['fc', 8, true],
      ['add', 1, true],
      ['softmax', 0, true],
    ]);
    expect(space.ops[0]?.int8).toEqual(full);
    expect(space).toMatchObject({ samplingSizes: [300, 20], weightStorage: 'int8' });
    expect(warnings).toEqual([]);
  });

  it('filters by approach', () => {
    expect(short(ops('{approach: post_training_dynamic_quant}')['fc'])).toEqual(['dynamic']);
    expect(short(ops('{approach: post_training_dynamic_quant}')['/a/Conv'])).toEqual([]);
    expect(ops('{approach: post_training_auto_quant}')['fc']?.int8).toHaveLength(9);
  });

  it('offers 4-bit weights only where they are named, or the approach is weight-only', () => {
    const sizes = (yaml: string, name = 'fc') =>
      ops(yaml)[name]?.int8.map(({ mode, weight }) => (mode === 'weight_only' ? weight.groupSize : mode));
    expect(sizes('{approach: post_training_auto_quant}')).not.toContain(32);
    expect(sizes('{approach: post_training_weight_only_quant}')).toEqual([32, 128]);
    expect(sizes('{approach: post_training_weight_only_quant}', '/a/Conv')).toEqual([]);
    expect(sizes('{op_wise: {fc: {weight: {dtype: [int4]}}}}')).toEqual([32, 128]);
    expect(ops('{op_wise: {fc: {weight: {dtype: [int4]}}}}')['fc']).toMatchObject({ float: false });
    const coarse = '{weight: {dtype: [int4, fp32], group_size: 128}, activation: {dtype: [fp32]}}';
    expect(sizes(`{op_wise: {fc: ${coarse}}}`)).toEqual([128]);
    expect(ops(`{op_wise: {fc: ${coarse}}}`)['fc']).toMatchObject({ float: true });
    const mixed = sizes('{op_wise: {fc: {weight: {dtype: [int4, int8]}}}}');
    expect(mixed?.filter((size) => size === 'static')).toHaveLength(8);
    expect(mixed?.slice(8)).toEqual([32, 128]);
    expect(codeOf('{op_wise: {/a/Conv: {weight: {dtype: [int4]}}}}')).toBe('config-empty-space');
    expect(codeOf('{op_wise: {fc: {weight: {dtype: [int4], group_size: 48}}}}')).toBe('config-invalid-value');
  });

  it('pins 4-bit weights', () => {
    const { settings } = parseConfig('model: {framework: NA}', vocabulary);
    const { space } = build('{op_wise: {fc: {weight: {dtype: [int4]}}}, recipes: {matmul_nbits: true}}');
    const config = { ops: { fc: weightOnly[1]! }, weightStorage: 'auto', samplingSize: 0, matmulNBits: true } as const;
    const pinned = buildSpace(capability, pinnedSettings(settings, config, space)).space;
    expect(pinned.ops.find(({ name }) => name === 'fc')).toMatchObject({ int8: [weightOnly[1]], float: false });
    expect(forcedRecipes(pinned)).toEqual({ matmulNBits: true });
  });

  it('narrows, and enumerates in the order of the lists', () => {
    expect(short(ops('{model_wise: {activation: {algorithm: [kl, minmax]}}}')['/a/Conv'])).toEqual([
      'per_channel kl',
      'per_channel minmax',
      'per_tensor kl',
      'per_tensor minmax',
    ]);
    expect(short(ops('{model_wise: {weight: {granularity: per_tensor}, activation: {algorithm: mse}}}')['fc'])).toEqual(
      ['per_tensor mse'],
    );
  });

  it('lets optype_wise replace model_wise for its type', () => {
    const built = ops(
      '{model_wise: {weight: {granularity: per_tensor}}, optype_wise: {MatMul: {activation: {algorithm: [kl]}}}}',
    );
    expect(short(built['fc'])).toEqual(['per_channel kl', 'per_tensor kl']);
    expect(built['/a/Conv']?.int8).toHaveLength(4);
  });

  it('narrows op_wise within the type, and lets the op win where they have nothing in common', () => {
    const within = ops(
      '{model_wise: {activation: {algorithm: [kl, mse]}}, op_wise: {fc: {activation: {algorithm: [mse, minmax]}}}}',
    );
    expect(short(within['fc'])).toEqual(['per_channel mse', 'per_tensor mse']);
    const apart =
      '{model_wise: {weight: {granularity: [per_tensor]}}, op_wise: {fc: {weight: {granularity: [per_channel]}}}}';
    expect(ops(apart)['fc']?.int8.every(({ weight }) => weight.granularity === 'per_channel')).toBe(true);
    expect(build(apart).warnings.map(({ code }) => code)).toContain('config-overridden');
  });

  it('takes forms for other targets only where a list names none but theirs', () => {
    const [usual] = [option('per_tensor')];
    const signed: Int8OpConfig = { ...usual!, activation: { ...usual!.activation, dtype: 'int8' } };
    const signedSymmetric: Int8OpConfig = { ...usual!, activation: { ...signed.activation, scheme: 'sym' } };
    const one = (quantization: string): readonly Int8OpConfig[] => {
      const { settings } = parseConfig(`model: {framework: NA}\nquantization: ${quantization}`, vocabulary);
      const fc = op('fc', 'MatMul', [usual!], { pinnable: [signed, signedSymmetric] });
      return buildSpace({ ...capability, ops: [fc] }, settings).space.ops[0]!.int8;
    };
    expect(one('{}')).toEqual([usual]);
    expect(one('{model_wise: {activation: {dtype: "uint8, int8"}}}')).toEqual([usual]);
    expect(one('{model_wise: {activation: {dtype: int8}}}')).toEqual([signed]);
    expect(one('{model_wise: {activation: {dtype: int8, scheme: sym}}}')).toEqual([signedSymmetric]);
    expect(one('{op_wise: {fc: {activation: {dtype: [int8, fp32]}}}}')).toEqual([signed]);
  });

  it('decides by dtype lists what stays', () => {
    const float = '{weight: {dtype: [fp32]}, activation: {dtype: [fp32]}}';
    const int8 = '{weight: {dtype: [int8]}, activation: {dtype: [uint8]}}';
    expect(ops(`{op_wise: {fc: ${float}}}`)['fc']).toMatchObject({ int8: [], float: true });
    expect(ops(`{op_wise: {fc: ${int8}}}`)['fc']).toMatchObject({ float: false });
    expect(ops(`{op_wise: {fc: ${int8}}}`)['fc']?.int8).toHaveLength(8);
    expect(ops('{model_wise: {weight: {dtype: [int8, fp32]}}}')['fc']).toMatchObject({ float: true });
  });

  it('gives int8 to an op that it does not pay for only where it is asked for by name', () => {
    expect(ops('{model_wise: {weight: {granularity: per_tensor}}}')['thin']?.int8).toEqual([]);
    expect(ops('{op_wise: {thin: {activation: {dtype: [uint8, fp32]}}}}')['thin']?.int8).toEqual(full);
    expect(ops('{optype_wise: {Conv: {weight: {dtype: int8}}}}')['thin']).toMatchObject({ int8: full, float: false });
    expect(ops('{model_wise: {weight: {dtype: "int8, fp32"}}}')['thin']?.int8).toEqual(full);
  });

  it('matches full names, globs and regular expressions', () => {
    const mse = '{activation: {algorithm: mse}}';
    const hit = (pattern: string): string[] =>
      Object.values(ops(`{op_wise: {"${pattern}": ${mse}}}`))
        .filter(({ int8 }) => int8.length === 2)
        .map(({ name }) => name);
    expect(hit('/a/Conv')).toEqual(['/a/Conv']);
    expect(hit('/a/*')).toEqual(['/a/Conv', '/a/Conv_1']);
    expect(hit('/a/Conv_?')).toEqual(['/a/Conv_1']);
    expect(hit('//a/Conv(_1)?/')).toEqual(['/a/Conv', '/a/Conv_1']);
    expect(hit('/fc|thing/')).toEqual(['fc']);
  });

  it('keeps the first Conv or MatMul float where the recipe says so', () => {
    const built = ops('{recipes: {first_conv_or_matmul_quantization: false}}');
    expect(built['/a/Conv']).toMatchObject({ int8: [], float: true });
    expect(built['/a/Conv_1']?.int8).toHaveLength(8);
  });

  it('leaves the last layer float on demand', () => {
    const built = ops('{recipes: {last_conv_or_matmul_quantization: false}}');
    expect(built['fc']).toMatchObject({ int8: [], float: true });
    expect(built['/a/Conv']?.int8).toHaveLength(8);
  });

  it('offers recipes that the model has work for, or forces them', () => {
    const recipes = (yaml: string) => build(`{recipes: {${yaml}}}`);
    expect(recipes('').space.recipes).toEqual({
      equalization: 'offered',
      weightClip: 'offered',
      biasCorrection: 'off',
      outlierChannels: 'offered',
      matmulNBits: 'off',
    });
    const asked = recipes('equalization: true, weight_clip: false, fast_bias_correction: true, outlier_channels: true');
    expect(asked.space.recipes).toEqual({
      equalization: 'always',
      weightClip: 'off',
      biasCorrection: 'off',
      outlierChannels: 'always',
      matmulNBits: 'off',
    });
    expect(asked.warnings).toMatchObject([
      { code: 'config-no-effect', place: 'quantization.recipes.fast_bias_correction' },
    ]);
    expect(forcedRecipes(asked.space)).toEqual({ equalization: true, outlierChannels: true });
    expect(recipes('outlier_channels: false').space.recipes.outlierChannels).toBe('off');
  });

  it('pins the recipes of a config', () => {
    const { settings } = parseConfig('model: {framework: NA}', vocabulary);
    const { space } = buildSpace(capability, settings);
    const config = { ops: { fc: full[0]! }, weightStorage: 'auto', samplingSize: 20 } as const;
    const pinned = pinnedSettings(settings, { ...config, equalization: true }, space);
    expect(buildSpace(capability, pinned).space.recipes).toMatchObject({
      equalization: 'always',
      weightClip: 'off',
      outlierChannels: 'off',
    });
    expect(forcedRecipes(buildSpace(capability, pinned).space)).toEqual({ equalization: true });
  });

  it('reports what it drops', () => {
    const dropped = build('{model_wise: {weight: {granularity: [per_channel]}}}');
    expect(dropped.warnings).toEqual([
      {
        code: 'config-value-dropped',
        place: 'quantization.model_wise.weight.granularity',
        message: 'per_channel is not possible for 1 op (add) and is left out there.',
      },
    ]);
    expect(dropped.space.ops.find(({ name }) => name === 'add')?.int8).toHaveLength(1);
    const codes = (text: string): string[] => build(text).warnings.map(({ code }) => code);
    expect(codes('{optype_wise: {Gru: {weight: {granularity: per_tensor}}}}')).toEqual(['config-matches-nothing']);
    expect(codes('{op_wise: {softmax: {weight: {granularity: [per_tensor]}}}}')).toEqual(['config-no-effect']);
    expect(codes('{op_wise: {softmax: {weight: {dtype: [fp32]}}}}')).toEqual([]);
  });

  it.each([
    ['{op_wise: {nothing: {weight: {dtype: [int8]}}}}', 'config-matches-nothing'],
    ['{op_wise: {Conv: {weight: {dtype: [int8]}}}}', 'config-matches-nothing'],
    ['{op_wise: {"/(/": {weight: {dtype: [int8]}}}}', 'config-invalid-value'],
    ['{op_wise: {softmax: {weight: {dtype: [int8]}}}}', 'config-empty-space'],
    ['{op_wise: {fc: {activation: {scheme: [sym]}}}}', 'config-empty-space'],
    ['{model_wise: {weight: {dtype: int8}, activation: {dtype: "int8, fp32"}}}', 'config-empty-space'],
    ['{op_wise: {fc: {weight: {dtype: [fp32]}, activation: {dtype: [uint8]}}}}', 'config-empty-space'],
    ['{op_wise: {fc: {activation: {algorithm: [kl]}}, "f*": {activation: {algorithm: [mse]}}}}', 'config-empty-space'],
    ['{approach: post_training_dynamic_quant, op_wise: {/a/Conv: {weight: {dtype: [int8]}}}}', 'config-empty-space'],
  ])('%s → %s', (quantization, code) => {
    expect(codeOf(quantization)).toBe(code);
  });

  it('names the constraint that leaves no choice', () => {
    expect(() => build('{op_wise: {fc: {activation: {scheme: [sym]}}}}')).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ place: 'quantization.op_wise.fc.activation.scheme', accepted: 'asym' }),
      }),
    );
  });
});

describe('buildSpace for WebGPU', () => {
  const on = (recipes: string): ReturnType<typeof buildSpace> =>
    buildSpace(capability, parseConfig(`device: gpu\nquantization: {recipes: {${recipes}}}`, vocabulary).settings);

  it('leaves every op float: WebGPU has no int8 kernels', () => {
    const { space, warnings } = on('');
    expect(space.ops).toHaveLength(capability.ops.length);
    expect(space.ops.every(({ int8, float }) => int8.length === 0 && float)).toBe(true);
    expect(space.float16Compute).toBe('offered');
    expect(warnings).toEqual([]);
  });

  it('offers, forces or forbids float16 compute', () => {
    expect(forcedRecipes(on('float16_compute: true').space)).toEqual({ float16Compute: true });
    expect(on('float16_compute: false').space.float16Compute).toBeUndefined();
  });

  it('pins the config of a trial', () => {
    const { settings } = parseConfig('device: gpu', vocabulary);
    const config = { ops: {}, weightStorage: 'float16', samplingSize: 0, float16Compute: true } as const;
    const pinned = pinnedSettings(settings, config, on('').space);
    const { space } = buildSpace(capability, pinned);
    expect({ ...forcedRecipes(space), weightStorage: space.weightStorage }).toEqual({
      float16Compute: true,
      weightStorage: 'float16',
    });
  });
});
