import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../base/tensor.ts';
import { decodeModel } from '../../onnx/decode.ts';
import { concatenate } from '../../base/bytes.ts';
import { encodeModel } from '../../onnx/encode.ts';
import { worstDifference } from '../../onnx/testing/compare-tensors.ts';
import { modelCapability } from '../capability.ts';
import type { Granularity, OpConfig, QuantizeConfig } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { buildModel, randomTensor, type ModelSpec } from '../testing/build-model.ts';
import { runModel } from '../testing/run-model.ts';
import { rewrite } from './rewrite.ts';
import { WeightCache } from './weight-cache.ts';

function dynamicConfig(model: PreparedModel, granularity: Granularity): QuantizeConfig {
  const ops = modelCapability(model).ops.map(({ name, int8 }): [string, OpConfig] => [
    name,
    int8.find(({ mode, weight }) => mode === 'dynamic' && weight.granularity === granularity) ?? 'fp32',
  ]);
  return { ops: Object.fromEntries(ops), weightStorage: 'float32' };
}

async function quantized(spec: ModelSpec, feeds: Record<string, Tensor>, granularity: Granularity) {
  const model = buildModel(spec);
  const float = await runModel(encodeModel(model.graph.model), feeds);
  const { parts, ops } = rewrite(model, dynamicConfig(model, granularity), {}, new WeightCache());
  const file = concatenate(parts);
  const int8 = await runModel(file, feeds, true);
  return {
    file,
    ops,
    kernels: int8.kernels,
    outputs: int8.outputs,
    error: worstDifference(int8.outputs, float.outputs),
  };
}

/** Rows of very different size: one scale for all would round the small ones away. */
const uneven = (channels: number, perChannel: number): Float32Array => {
  const { data } = randomTensor([channels * perChannel], 5);
  return Float32Array.from(data as Float32Array, (value, i) => value * 4 ** (Math.floor(i / perChannel) % 6));
};

const convs: readonly (readonly [string, ModelSpec])[] = [
  [
    '2-D, padded, strided, with bias',
    {
      inputs: { x: [2, 8, 11, 9] },
      outputs: ['y'],
      weights: { w: { dims: [12, 8, 3, 3], values: uneven(12, 72) }, b: [12] },
      nodes: [
        { opType: 'Conv', input: ['x', 'w', 'b'], output: ['y'], attributes: { pads: [1, 0, 1, 2], strides: [2, 1] } },
      ],
    },
  ],
  [
    '2-D, grouped, SAME_UPPER',
    {
      inputs: { x: [1, 8, 12, 12] },
      outputs: ['y'],
      weights: { w: { dims: [16, 4, 3, 3], values: uneven(16, 36) } },
      nodes: [{ opType: 'Conv', input: ['x', 'w'], output: ['y'], attributes: { group: 2, auto_pad: 'SAME_UPPER' } }],
    },
  ],
  [
    '2-D, depthwise, dilated',
    {
      inputs: { x: [1, 8, 12, 12] },
      outputs: ['y'],
      weights: { w: { dims: [8, 1, 3, 3], values: uneven(8, 9) }, b: [8] },
      nodes: [{ opType: 'Conv', input: ['x', 'w', 'b'], output: ['y'], attributes: { group: 8, dilations: [2, 2] } }],
    },
  ],
  [
    '1-D',
    {
      inputs: { x: [2, 16, 40] },
      outputs: ['y'],
      weights: { w: { dims: [12, 16, 5], values: uneven(12, 80) }, b: [12] },
      nodes: [{ opType: 'Conv', input: ['x', 'w', 'b'], output: ['y'], attributes: { pads: [2, 2] } }],
    },
  ],
  [
    '3-D',
    {
      inputs: { x: [1, 4, 6, 7, 8] },
      outputs: ['y'],
      weights: { w: { dims: [6, 4, 3, 3, 3], values: uneven(6, 108) }, b: [6] },
      nodes: [{ opType: 'Conv', input: ['x', 'w', 'b'], output: ['y'] }],
    },
  ],
];

/** Largest error of any channel (axis 1) as a share of that channel's own largest value. */
function worstChannel(actual: Tensor, expected: Tensor): number {
  const [, channels] = expected.dims as [number, number];
  const stride = expected.dims.slice(2).reduce((a, b) => a * b, 1);
  const [errors, largest] = [new Float64Array(channels), new Float64Array(channels)];
  expected.data.forEach((value, i) => {
    const channel = Math.floor(i / stride) % channels;
    errors[channel] = Math.max(errors[channel]!, Math.abs(Number(value) - Number(actual.data[i])));
    largest[channel] = Math.max(largest[channel]!, Math.abs(Number(value)));
  });
  return Math.max(...errors.map((error, channel) => error / largest[channel]!));
}

describe('dynamic Conv', () => {
  it.each(convs)('%s: ConvInteger, every channel near its float values', async (_, spec) => {
    const feeds = { x: randomTensor(spec.inputs.x!) };
    const float = await runModel(encodeModel(buildModel(spec).graph.model), feeds);
    const { kernels, outputs, ops } = await quantized(spec, feeds, 'per_channel');
    expect(kernels).toContain('ConvInteger');
    expect(kernels).not.toContain('Conv');
    expect(ops).toMatchObject([{ name: 'Conv_0', opType: 'Conv', precision: 'int8' }]);
    expect(worstChannel(outputs.y!, float.outputs.y!)).toBeLessThan(0.04);
  });

  it('with one scale for all loses the small channels, which is why scales are per channel', async () => {
    const [, spec] = convs[0]!;
    const feeds = { x: randomTensor(spec.inputs.x!) };
    const float = await runModel(encodeModel(buildModel(spec).graph.model), feeds);
    const { outputs, kernels } = await quantized(spec, feeds, 'per_tensor');
    expect(kernels).toContain('ConvInteger');
    expect(worstChannel(outputs.y!, float.outputs.y!)).toBeGreaterThan(0.1);
  });

  it('shares one DynamicQuantizeLinear among the readers of a tensor', async () => {
    const { kernels, error } = await quantized(
      {
        inputs: { x: [1, 8, 8, 8] },
        outputs: ['y', 'z'],
        weights: { w: [16, 8, 3, 3], v: [16, 8, 1, 1] },
        nodes: [
          { opType: 'Conv', input: ['x', 'w'], output: ['y'] },
          { opType: 'Conv', input: ['x', 'v'], output: ['z'] },
        ],
      },
      { x: randomTensor([1, 8, 8, 8]) },
      'per_channel',
    );
    expect(kernels.filter((kernel) => kernel === 'DynamicQuantizeLinear')).toHaveLength(1);
    expect(kernels.filter((kernel) => kernel === 'ConvInteger')).toHaveLength(2);
    expect(error).toBeLessThan(0.03);
  });
});

const lstm = (direction: 'forward' | 'bidirectional', attributes = {}, batch = 3): ModelSpec => {
  const directions = direction === 'forward' ? 1 : 2;
  return {
    inputs: { x: [9, batch, 20] },
    outputs: ['y', 'h', 'c'],
    weights: {
      w: { dims: [directions, 64, 20], values: uneven(directions * 64, 20).map((value) => value / 400) },
      r: [directions, 64, 16],
      b: [directions, 128],
      h0: [directions, batch, 16],
      c0: [directions, batch, 16],
    },
    nodes: [
      {
        opType: 'LSTM',
        input: ['x', 'w', 'r', 'b', '', 'h0', 'c0'],
        output: ['y', 'h', 'c'],
        attributes: { hidden_size: 16, direction, ...attributes },
      },
    ],
  };
};

describe('dynamic LSTM', () => {
  it.each([
    ['forward', 'per_channel'],
    ['forward', 'per_tensor'],
    ['bidirectional', 'per_channel'],
    ['bidirectional', 'per_tensor'],
  ] as const)('%s, %s: DynamicQuantizeLSTM near the float values', async (direction, granularity) => {
    const { kernels, error, ops } = await quantized(lstm(direction), { x: randomTensor([9, 3, 20]) }, granularity);
    expect(kernels).toEqual(['DynamicQuantizeLSTM']);
    expect(ops.map(({ precision }) => precision)).toEqual(['int8']);
    expect(error).toBeLessThan(0.03);
  });

  it('imports the domain of the kernel and keeps the attributes', async () => {
    const spec = lstm('forward', { layout: 0, clip: { float: 0.5 } });
    const { file, error } = await quantized(spec, { x: randomTensor([9, 3, 20]) }, 'per_channel');
    const { opsetImport, graph } = decodeModel(file);
    expect(opsetImport.map(({ domain, version }) => [domain, version])).toContainEqual(['com.microsoft', 1n]);
    expect(graph!.node[0]!.attribute.map(({ name }) => name).sort()).toEqual(['clip', 'direction', 'hidden_size']);
    expect(error).toBeLessThan(0.03);
  });

  it('stays float where sequences come batch first, and says why', () => {
    const spec = lstm('forward', { layout: 1 });
    const [op] = modelCapability(buildModel(spec)).ops;
    expect(op).toMatchObject({ int8: [], reason: 'its sequences come batch first (layout 1): no integer kernel does' });
  });

  it('pays where many sequences run together, since each step multiplies one row for each', () => {
    const op = (batch: number) => modelCapability(buildModel(lstm('forward', {}, batch))).ops[0];
    expect(op(1)).toMatchObject({ pays: false, reason: expect.stringContaining('1 row per sample') });
    expect(op(8)).toMatchObject({ pays: true });
    expect(op(1)?.int8).toEqual(op(8)?.int8);
  });

  it('left float it is told to need dynamic quantization', () => {
    const model = buildModel(lstm('forward', {}, 8));
    const { ops } = rewrite(model, { ops: {}, weightStorage: 'int8' }, {}, new WeightCache());
    expect(ops[0]).toMatchObject({
      precision: 'int8 weights',
      reason: expect.stringContaining('post_training_dynamic'),
    });
  });
});
