import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../base/tensor.ts';
import { prepareModel } from '../../engine/prepare.ts';
import { decodeModel } from '../../onnx/decode.ts';
import { concatenate } from '../../base/bytes.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { exposeTensors } from '../../onnx/expose.ts';
import { Graph } from '../../onnx/graph.ts';
import type { ModelProto } from '../../onnx/proto/onnx_pb.ts';
import { floats, writeTensor } from '../../onnx/tensor-proto.ts';
import { buildModel as buildOnnx } from '../../onnx/testing/build-model.ts';
import { runModel as runAsWritten } from '../../onnx/testing/run-model.ts';
import { modelCapability } from '../capability.ts';
import type { OpConfig, QuantizeConfig } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { buildModel, randomTensor } from '../testing/build-model.ts';
import { runModel } from '../testing/run-model.ts';
import { calibrationTensors } from './activation-parameters.ts';
import { rewrite } from './rewrite.ts';
import { selectOps } from './select.ts';
import { simulateInt8 } from './simulate.ts';
import { WeightCache } from './weight-cache.ts';

/** Every op in its first int8 form of a mode, with min-max ranges of one run. */
async function int8(model: PreparedModel, x: Record<string, Tensor>, mode: 'static' | 'dynamic' = 'static') {
  const ops = modelCapability(model).ops.map(({ name, int8: options }): [string, OpConfig] => [
    name,
    options.find((option) => option.mode === mode) ?? 'fp32',
  ]);
  const config: QuantizeConfig = { ops: Object.fromEntries(ops), weightStorage: 'float32' };
  const tensors = calibrationTensors(model, selectOps(model, config));
  const values = { ...x, ...(await runAsWritten(exposeTensors(model.graph, tensors), x)) };
  const ranges = tensors.map((name) => {
    const data = values[name]!.data as Float32Array;
    return [name, { min: Math.min(...data), max: Math.max(...data) }] as const;
  });
  return concatenate(rewrite(model, config, { minmax: Object.fromEntries(ranges) }, new WeightCache()).parts);
}

const lenet = prepareModel(
  new Uint8Array(readFileSync(new URL('../../../tests/fixtures/lenet/model.onnx', import.meta.url))),
  { image: [1, 1, 28, 28] },
).model;
const image = randomTensor([4, 1, 28, 28]);
const transformer = buildModel({
  inputs: { x: [2, 6, 16] },
  outputs: ['y'],
  weights: { w: [16, 16], v: [16, 16], b: [16] },
  dims: { m: [2, 6, 16], a: [2, 6, 16], r: [2, 6, 16], y: [2, 6, 16] },
  nodes: [
    { opType: 'MatMul', input: ['x', 'w'], output: ['m'] },
    { opType: 'Add', input: ['m', 'b'], output: ['a'] },
    { opType: 'Relu', input: ['a'], output: ['r'] },
    { opType: 'MatMul', input: ['r', 'v'], output: ['y'] },
  ],
});

describe('simulateInt8', () => {
  it.each([
    ['uint8', 0.1, 100],
    ['uint8', 0.037, 0],
    ['int8', 0.25, 0],
    ['int8', 0.1, -7],
  ] as const)(
    'rounds and saturates as Q and DQ do, bit for bit: %s, scale %f, zero point %i',
    async (type, scale, zero) => {
      const values = [1e9, -1e9, 0, -0, ...Array.from({ length: 2000 }, (_, i) => (i - 1000) * (scale / 2))];
      const x: Tensor = { type: 'float32', dims: [values.length], data: Float32Array.from(values) };
      const codes = type === 'uint8' ? Uint8Array.of(zero) : Int8Array.of(zero);
      const model = (): ModelProto =>
        buildOnnx({
          inputs: { x: { dims: [values.length] } },
          outputs: { y: { dims: [values.length] } },
          initializers: [floats('scale', [scale], []), writeTensor('zero', { type, dims: [], data: codes })],
          nodes: [
            { opType: 'QuantizeLinear', input: ['x', 'scale', 'zero'], output: ['q'] },
            { opType: 'DequantizeLinear', input: ['q', 'scale', 'zero'], output: ['y'] },
          ],
        });
      const expected = (await runAsWritten(model(), { x }))['y']!.data as Float32Array;
      const found = (await runAsWritten(simulateInt8(model()), { x }))['y']!.data as Float32Array;
      // -0 and 0 are one number.
      expect(found.map((value) => value + 0)).toEqual(expected.map((value) => value + 0));
    },
  );

  it.each([
    ['convolutions', lenet, { image }],
    ['products', transformer, { x: randomTensor([2, 6, 16]) }],
  ] as const)('computes what a QDQ model computes without fusion: %s', async (_, model, feeds) => {
    const bytes = await int8(model, feeds);
    const simulated = simulateInt8(decodeModel(bytes));
    const types = new Set(new Graph(decodeModel(encodeModel(simulated))).nodes.map(({ opType }) => opType));
    expect([...types].filter((type) => /Quantize|Round|Integer/.test(type))).toEqual([]);
    expect(types).toContain('Div');
    const expected = await runAsWritten(decodeModel(bytes), feeds);
    const found = await runAsWritten(simulated, feeds);
    for (const [name, { data }] of Object.entries(expected)) {
      const values = data as Float32Array;
      const range = Math.max(...values) - Math.min(...values);
      values.forEach((value, i) =>
        expect(Math.abs(value - (found[name]!.data as Float32Array)[i]!)).toBeLessThan(1e-6 * range),
      );
    }
  });

  it('is close to the integer kernels', async () => {
    const bytes = await int8(lenet, { image });
    const { outputs } = await runModel(bytes, { image });
    const found = await runModel(encodeModel(simulateInt8(decodeModel(bytes))), { image });
    const [logits, simulated] = [outputs['logits']!.data, found.outputs['logits']!.data] as Float32Array[];
    const range = Math.max(...logits!) - Math.min(...logits!);
    const step = range / 255;
    logits!.forEach((value, i) => expect(Math.abs(value - simulated![i]!)).toBeLessThan(3 * step));
  });

  it('refuses ranges that are measured at run time', async () => {
    const bytes = await int8(transformer, { x: randomTensor([2, 6, 16]) }, 'dynamic');
    expect(() => simulateInt8(decodeModel(bytes))).toThrow('statically');
  });
});
