import type { OpConfig } from '../quantize/config.ts';
import type { Constraint, NamedConstraint } from './config/constraint.ts';
import type { TuneSettings } from './config/settings.ts';
import type { TuneConfig, TuningSpace } from './types.ts';

/** Settings whose space holds one config only: what `tune-config.yaml` says, and what `octet quantize` follows. */
export function pinnedSettings(settings: TuneSettings, config: TuneConfig, space: TuningSpace): TuneSettings {
  const choices = space.ops.filter(
    ({ name, int8, glue }) => !glue && (int8.length > 0 || config.ops[name] !== undefined),
  );
  const opWise = choices.map(({ name }): NamedConstraint => ({ name, constraint: pin(config.ops[name] ?? 'fp32') }));
  const { quantization } = settings;
  return {
    ...settings,
    quantization: {
      ...quantization,
      calibration: {
        ...quantization.calibration,
        samplingSizes: config.samplingSize > 0 ? [config.samplingSize] : quantization.calibration.samplingSizes,
      },
      recipes: {
        ...quantization.recipes,
        weightStorage: config.weightStorage,
        equalization: config.equalization === true,
        weightClip: config.weightClip === true,
        biasCorrection: config.biasCorrection === true,
        outlierChannels: config.outlierChannels === true,
        matmulNBits: config.matmulNBits === true,
        ...(settings.device === 'gpu' && { float16Compute: config.float16Compute === true }),
        smoothQuant: config.smoothQuant !== undefined,
        smoothQuantArgs: {
          alpha: config.smoothQuant === undefined ? quantization.recipes.smoothQuantArgs.alpha : [config.smoothQuant],
        },
      },
      modelWise: null,
      optypeWise: [],
      opWise,
    },
  };
}

function pin(op: OpConfig): Constraint {
  const free = { granularity: null, scheme: null, dtype: null, algorithm: null };
  const float = { ...free, dtype: ['fp32'] as const, computeDtype: [] };
  if (op === 'fp32') {
    return { weight: { ...free, groupSize: null, dtype: ['fp32'], bit: null }, activation: float };
  }
  const { mode, weight, activation } = op;
  if (weight.granularity === 'per_group' || mode === 'weight_only') {
    const groupSize = weight.groupSize === undefined ? null : [weight.groupSize];
    return { weight: { ...free, dtype: [weight.dtype], groupSize, bit: null }, activation: float };
  }
  return {
    weight: {
      granularity: [weight.granularity],
      scheme: [weight.scheme],
      dtype: [weight.dtype],
      algorithm: null,
      groupSize: null,
      bit: weight.bit === undefined ? null : [weight.bit],
    },
    activation: {
      granularity: null,
      scheme: [activation.scheme],
      dtype: [activation.dtype],
      algorithm: [activation.algorithm],
      computeDtype: [],
    },
  };
}
