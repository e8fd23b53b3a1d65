import { describe, expect, it } from 'vitest';
import { decodeModel } from '../../src/onnx/decode.ts';
import { concatenate } from '../../src/base/bytes.ts';
import { readTensor } from '../../src/onnx/tensor-proto.ts';
import { modelCapability } from '../../src/quantize/capability.ts';
import type { OpConfig } from '../../src/quantize/config.ts';
import { rewrite } from '../../src/quantize/rewrite/rewrite.ts';
import { WeightCache } from '../../src/quantize/rewrite/weight-cache.ts';
import { buildModel } from '../../src/quantize/testing/build-model.ts';
import golden from './onnxruntime_dynamic.json';

/** What rewrite stores in place of each weight, with one scale per tensor (LSTM: per direction) as quantize_dynamic has it. */
function ours(opType: string, weights: Readonly<Record<string, { dims: number[]; values: number[] }>>) {
  const [first] = Object.values(weights);
  const directions = first!.dims[0]!;
  const model = buildModel({
    inputs: { x: opType === 'Conv' ? [1, 2, 5, 5] : [5, 1, 4] },
    outputs: ['y'],
    weights,
    nodes: [
      {
        opType,
        input: ['x', ...Object.keys(weights)],
        output: ['y'],
        attributes:
          opType === 'LSTM' ? { hidden_size: 3, direction: directions === 2 ? 'bidirectional' : 'forward' } : {},
      },
    ],
  });
  const ops = modelCapability(model).ops.map(({ name, int8 }): [string, OpConfig] => [
    name,
    int8.find(({ mode, weight }) => mode === 'dynamic' && weight.granularity === 'per_tensor')!,
  ]);
  const { parts } = rewrite(model, { ops: Object.fromEntries(ops), weightStorage: 'float32' }, {}, new WeightCache());
  const { node, initializer } = decodeModel(concatenate(parts)).graph!;
  const stored = (name: string) => readTensor(initializer.find((tensor) => tensor.name === name)!);
  return { kernels: node.map((each) => each.opType), stored };
}

/** Bit for bit what onnxruntime.quantization's quantize_dynamic writes; made by onnxruntime_dynamic.py. */
describe('dynamic weights agree with ONNX Runtime', () => {
  it.each(Object.entries(golden))('%s', (name, { kernel, weights }) => {
    const { kernels, stored } = ours(name.split(',')[0]!, weights);
    expect(kernels).toContain(kernel);
    for (const [weight, expected] of Object.entries(weights)) {
      const ints = (name: string, shift: number) =>
        Array.from(stored(name).data as ArrayLike<number>, (code) => code - shift);
      const codes = stored(`${weight}_quantized`);
      // A Conv's codes are written as uint8 around 128, the same numbers as int8 around 0.
      const shift = codes.type === 'uint8' ? 128 : 0;
      expect(ints(`${weight}_quantized`, shift)).toEqual(expected.codes);
      expect(codes.dims).toEqual(expected.codesDims);
      expect(ints(`${weight}_zero_point`, shift)).toEqual(expected.zeroPoints);
      expect([...stored(`${weight}_scale`).data]).toEqual(expected.scales);
    }
  });
});
