import { describe, expect, it } from 'vitest';
import type { Int8OpConfig, QuantMode, RangeMethod } from '../quantize/config.ts';
import { canonicalConfig, configHash, configText } from './canonical.ts';
import type { TuneConfig } from './types.ts';

const int8 = (mode: QuantMode = 'static', algorithm: RangeMethod = 'minmax'): Int8OpConfig => ({
  mode,
  weight: { dtype: 'int8', scheme: 'sym', granularity: 'per_channel', algorithm: 'minmax' },
  activation: { dtype: 'uint8', scheme: 'asym', granularity: 'per_tensor', algorithm },
});
const config = (ops: TuneConfig['ops'], samplingSize = 100): TuneConfig => ({
  ops,
  samplingSize,
  weightStorage: 'auto',
});

const sameConfig = (a: TuneConfig, b: TuneConfig): boolean => configText(a) === configText(b);

describe('canonical form', () => {
  it('does not depend on order, on ops that are float anyway, or on keys of an option', async () => {
    const a = config({ x: int8(), y: int8('static', 'kl') });
    const { mode, weight, activation } = int8();
    const b = config({ z: 'fp32', y: int8('static', 'kl'), x: { activation, weight, mode } });
    expect(sameConfig(a, b)).toBe(true);
    expect(await configHash(a)).toBe(await configHash(b));
    expect(await configHash(a)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('tells apart what makes another model', () => {
    const a = config({ x: int8() });
    expect(sameConfig(a, config({ x: int8('static', 'mse') }))).toBe(false);
    expect(sameConfig(a, config({ x: int8() }, 99))).toBe(false);
    expect(sameConfig(a, { ...a, weightStorage: 'int8' })).toBe(false);
    expect(sameConfig(a, config({ y: int8() }))).toBe(false);
  });

  it('ignores calibration where nothing is calibrated', () => {
    expect(sameConfig(config({}, 100), config({ x: 'fp32' }, 20))).toBe(true);
    expect(sameConfig(config({ x: int8('dynamic', 'kl') }, 100), config({ x: int8('dynamic', 'mse') }, 20))).toBe(true);
    expect(canonicalConfig(config({ x: 'fp32' }))).toEqual({ ops: {}, weightStorage: 'auto', samplingSize: 0 });
  });

  it('drops recipes where they change nothing', () => {
    const recipes = {
      smoothQuant: 0.5,
      equalization: true,
      weightClip: true,
      biasCorrection: true,
      outlierChannels: true,
    } as const;
    const [statics, dynamics, floats] = [config({ x: int8() }), config({ x: int8('dynamic') }), config({ x: 'fp32' })];
    expect(canonicalConfig({ ...statics, ...recipes })).toMatchObject(recipes);
    expect(sameConfig({ ...dynamics, ...recipes }, { ...dynamics, weightClip: true })).toBe(true);
    expect(sameConfig({ ...dynamics, weightClip: true }, dynamics)).toBe(false);
    expect(sameConfig({ ...floats, ...recipes }, floats)).toBe(true);
  });
});
