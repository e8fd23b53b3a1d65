import { expect, it } from 'vitest';
import type { Tensor } from '../../base/tensor.ts';
import { concatenate } from '../../base/bytes.ts';
import { decodeModel } from '../../onnx/decode.ts';
import { Graph } from '../../onnx/graph.ts';
import { modelCapability } from '../capability.ts';
import type { ActivationConfig, OpConfig, QuantizeConfig } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { randomTensor } from '../testing/build-model.ts';
import { prepare, random } from '../testing/prepared-net.ts';
import { allInt8, quantizeAndRun, rangesOf } from '../testing/quantize-and-run.ts';
import { rewrite } from './rewrite.ts';
import { WeightCache } from './weight-cache.ts';

const node = (opType: string, input: string[], output: string, attributes = {}) => ({
  opType,
  input,
  output: [output],
  attributes,
});

/** Conv, Relu, MaxPool, Conv, Add, Flatten, Gemm: layers, glue and what passes codes through. */
const model = prepare({
  nodes: [
    node('Conv', ['x', 'w1'], 'a', { pads: [1, 1, 1, 1] }),
    node('Relu', ['a'], 'b'),
    node('MaxPool', ['b'], 'c', { kernel_shape: [2, 2], strides: [2, 2] }),
    node('Conv', ['c', 'w2'], 'd', { pads: [1, 1, 1, 1] }),
    node('Add', ['c', 'd'], 'e'),
    node('Conv', ['e', 'w3'], 'f'),
    node('Flatten', ['f'], 'g'),
    node('Gemm', ['g', 'w4'], 'y'),
  ],
  constants: [
    random('w1', [4, 4, 3, 3]),
    random('w2', [4, 4, 3, 3]),
    random('w3', [4, 4, 3, 3]),
    random('w4', [16, 5]),
  ],
});
/** One value is 30 times the others: 8 bits have some steps left for those. */
const feeds = { x: withOutlier(randomTensor([1, 4, 8, 8])) };

function withOutlier({ data, ...tensor }: Tensor): Tensor {
  return { ...tensor, data: Float32Array.from(data as Float32Array, (value, i) => (i === 77 ? 30 : value)) };
}

/** Every op with the pinnable form of that type; ops without one stay as they are. */
function pinned(model: PreparedModel, { dtype, scheme }: Pick<ActivationConfig, 'dtype' | 'scheme'>): QuantizeConfig {
  const config = allInt8(model);
  const forms = modelCapability(model).ops.map(({ name, int8, pinnable = [] }): [string, OpConfig] => {
    const { granularity } = int8[0]?.weight ?? {};
    const form = pinnable.find(
      ({ mode, weight, activation }) =>
        mode === 'static' &&
        weight.granularity === granularity &&
        activation.dtype === dtype &&
        activation.scheme === scheme,
    );
    return [name, form ?? 'fp32'];
  });
  return { ...config, ops: Object.fromEntries(forms) };
}

it.each([
  ['uint16', 'asym'],
  ['int16', 'asym'],
  ['int16', 'sym'],
] as const)('%s %s activations run, and lose far less than 8 bits', async (dtype, scheme) => {
  const narrow = await quantizeAndRun(model, allInt8(model), feeds);
  const wide = await quantizeAndRun(model, pinned(model, { dtype, scheme }), feeds);
  const graph = new Graph(decodeModel(concatenate(wide.parts)));
  const quantizes = graph.nodes.filter(({ opType }) => opType === 'QuantizeLinear');
  expect(quantizes.length).toBeGreaterThan(4);
  // Opset 17: only com.microsoft has them.
  for (const { domain } of quantizes) expect(domain).toBe('com.microsoft');
  expect(narrow.kernels).toContain('QLinearConv');
  expect(wide.kernels).not.toContain('QLinearConv');
  // What is left is the rounding of the weights.
  expect(wide.error).toBeLessThan(0.5 * narrow.error);
});

it('opset 21 has them itself', async () => {
  const graph = model.graph.clone();
  graph.setOpset(21);
  const newer = { graph, infos: model.infos };
  const wide = await quantizeAndRun(newer, pinned(newer, { dtype: 'uint16', scheme: 'asym' }), feeds);
  const emitted = new Graph(decodeModel(concatenate(wide.parts)));
  for (const { domain } of emitted.nodes) expect(domain).toBe('');
  expect(wide.error).toBeLessThan(0.02);
});

it('no operator on integers is made of them, nor is memory saved', async () => {
  const config = pinned(model, { dtype: 'uint16', scheme: 'asym' });
  const ranges = await rangesOf(model, config, feeds);
  const [qdq, operators] = (['qdq', 'qoperator'] as const).map((format) =>
    rewrite(model, config, ranges, new WeightCache(), {}, format),
  );
  expect(concatenate(operators!.parts)).toEqual(concatenate(qdq!.parts));
  const narrow = rewrite(model, allInt8(model), ranges, new WeightCache());
  expect(narrow.footprintBytes).toBeLessThan(qdq!.footprintBytes);
});
