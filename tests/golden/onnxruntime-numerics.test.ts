import { describe, expect, it } from 'vitest';
import { integerRange, quantizationParameters, type IntegerType } from '../../src/quantize/numerics.ts';
import { quantizeBias, quantizeWeight } from '../../src/quantize/weight.ts';
import golden from './onnxruntime_numerics.json';

/** Bit for bit what onnxruntime.quantization gives for the same ranges; made by onnxruntime_numerics.py. */
describe('numbers agree with ONNX Runtime', () => {
  it(`scales and zero points, ${golden.parameters.length} cases`, () => {
    const ours = golden.parameters.map(({ range, type, symmetric, reduced }) => {
      const codes = integerRange(type as IntegerType, symmetric, reduced);
      return quantizationParameters(range[0]!, range[1]!, codes, symmetric);
    });
    expect(ours).toEqual(golden.parameters.map(({ scale, zeroPoint }) => ({ scale, zeroPoint })));
  });

  it.each(
    golden.weights.map(
      (weight) => [`${weight.dtype} [${weight.dims.join(', ')}] axis ${weight.axis}`, weight] as const,
    ),
  )('weights %s', (_, { dims, axis, dtype, scheme, values, scales, zeroPoints, codes }) => {
    const tensor = { type: 'float32', dims, data: Float32Array.from(values) } as const;
    const granularity = axis === null ? 'per_tensor' : 'per_channel';
    const config = { dtype: dtype as 'int8', scheme: scheme as 'sym', granularity, algorithm: 'minmax' } as const;
    const ours = quantizeWeight(tensor, config, axis);
    expect([...ours.scales]).toEqual(scales);
    expect([...ours.zeroPoints]).toEqual(zeroPoints);
    expect([...ours.codes]).toEqual(codes);
  });

  it.each(golden.biases.map((bias, i) => [i, bias] as const))(
    'bias %d',
    (_, { bias, inputScale, weightScales, scales, codes }) => {
      const ours = quantizeBias(Float32Array.from(bias), inputScale, Float32Array.from(weightScales));
      expect([...ours.scales]).toEqual(scales);
      expect([...ours.codes]).toEqual(codes);
    },
  );
});
