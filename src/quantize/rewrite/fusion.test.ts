import { describe, expect, it } from 'vitest';
import { concatenate } from '../../base/bytes.ts';
import type { TensorProto } from '../../onnx/proto/onnx_pb.ts';
import type { TestNode } from '../../onnx/testing/build-model.ts';
import type { Int8OpConfig, OpConfig, QuantizeConfig } from '../config.ts';
import type { PreparedModel } from '../prepared-model.ts';
import { modelCapability } from '../capability.ts';
import { rewrite } from './rewrite.ts';
import { WeightCache } from './weight-cache.ts';
import { randomTensor } from '../testing/build-model.ts';
import { emissionFaults } from '../testing/emission-faults.ts';
import { constant, integers, prepare, random, type Net } from '../testing/prepared-net.ts';
import { allInt8, quantizeAndRun } from '../testing/quantize-and-run.ts';

/** x → Conv → `middle` (reads `a`, writes `b`) → Conv → y. */
function betweenConvs(middle: readonly TestNode[], constants: readonly TensorProto[] = [], channels = 4): Net {
  return {
    nodes: [
      { opType: 'Conv', input: ['x', 'first'], output: ['a'] },
      ...middle,
      { opType: 'Conv', input: ['b', 'last'], output: ['y'] },
    ],
    constants: [random('first', [4, 4, 3, 3]), random('last', [4, channels, 1, 1]), ...constants],
  };
}

/** Kernels that ran, sorted and without those that only change the layout. */
async function kernelsOf(net: Net, config?: (model: PreparedModel) => QuantizeConfig) {
  const model = prepare(net);
  const x = randomTensor(net.dims ?? [1, 4, 8, 8]);
  const made = await quantizeAndRun(model, config?.(model) ?? allInt8(model), { x });
  expect(emissionFaults(concatenate(made.parts))).toEqual([]);
  expect(made.error).toBeLessThan(0.06);
  return made.kernels.filter((kernel) => kernel !== 'Transpose').toSorted();
}

/** Every int8 op in the given form. */
const pinned =
  (weight: Partial<Int8OpConfig['weight']>, mode: 'static' | 'dynamic' = 'static') =>
  (model: PreparedModel): QuantizeConfig => {
    const ops = modelCapability(model).ops.map(({ name, int8 }): [string, OpConfig] => {
      const form = int8.find((option) => option.mode === mode);
      return [name, form ? { ...form, weight: { ...form.weight, ...weight } } : 'fp32'];
    });
    return { ops: Object.fromEntries(ops), weightStorage: 'float32' };
  };

const EDGES = ['DequantizeLinear', 'QuantizeLinear'];

describe('integer kernels of layers, only Q and DQ beside them', () => {
  const conv = (dims: readonly number[], weight: readonly number[], group = 1): Net => ({
    nodes: [{ opType: 'Conv', input: ['x', 'w', 'c'], output: ['y'], attributes: { group } }],
    constants: [random('w', weight), random('c', [weight[0]!])],
    dims,
  });

  describe.each([
    ['Conv', conv([1, 4, 8, 8], [4, 4, 3, 3])],
    ['Conv of one dimension', conv([1, 4, 12], [4, 4, 3])],
    ['Conv of three dimensions', conv([1, 2, 5, 5, 5], [4, 2, 3, 3, 3])],
    ['grouped Conv', conv([1, 4, 8, 8], [4, 2, 3, 3], 2)],
    ['depthwise Conv', conv([1, 4, 8, 8], [4, 1, 3, 3], 4)],
  ])('%s', (_, net) => {
    it.each([
      ['int8 per channel', { granularity: 'per_channel' }],
      ['int8 per tensor', { granularity: 'per_tensor' }],
      ['uint8 per channel', { granularity: 'per_channel', dtype: 'uint8' }],
      ['uint8 per tensor, asymmetric', { granularity: 'per_tensor', dtype: 'uint8', scheme: 'asym' }],
      ['int8 of 7 bits', { granularity: 'per_channel', bit: 7 }],
    ] as const)('%s weights', async (_, weight) => {
      expect(await kernelsOf(net, pinned(weight))).toEqual([...EDGES, 'QLinearConv'].toSorted());
    });
  });

  const matmul = (more: readonly TestNode[], constants: readonly TensorProto[] = []): Net => ({
    nodes: [{ opType: 'MatMul', input: ['x', 'w'], output: [more.length > 0 ? 'm' : 'y'] }, ...more],
    constants: [random('w', [8, 6]), ...constants],
    dims: [1, 9, 8],
  });
  const second = [{ opType: 'MatMul', input: ['m', 'v'], output: ['y'] }];

  it.each(['per_channel', 'per_tensor'] as const)('MatMul, %s', async (granularity) => {
    expect(await kernelsOf(matmul([]), pinned({ granularity }))).toEqual(['MatMulIntegerToFloat', 'QuantizeLinear']);
    expect(await kernelsOf(matmul(second, [random('v', [6, 5])]), pinned({ granularity }))).toEqual(
      ['MatMulIntegerToFloat', 'QLinearMatMul', 'QuantizeLinear'].toSorted(),
    );
  });

  // ONNX Runtime makes one Gemm of both before it looks for codes, where it knows all sizes.
  it.each([
    ['two', [9, 8], [6]],
    ['two', [9, 8], [1, 6]],
    ['three', [1, 9, 8], [6]],
    ['three', [2, 9, 8], [1, 1, 6]],
  ])('MatMul of %s dimensions of known size %j, a bias of %j added', async (_, dims, bias) => {
    const add: TestNode = { opType: 'Add', input: ['m', 'c'], output: ['s'] };
    const relu: TestNode = { opType: 'Relu', input: ['s'], output: ['y'] };
    const net = { ...matmul([add, relu], [random('c', bias)]), dims };
    expect(await kernelsOf(net)).toEqual(['MatMulIntegerToFloat', 'QuantizeLinear', 'Relu', 'Sum']);
  });

  it('MatMul by a constant of three dimensions', async () => {
    const net = { ...matmul([]), constants: [random('w', [2, 8, 6])], dims: [2, 9, 8] };
    expect(await kernelsOf(net)).toEqual(['MatMulIntegerToFloat', 'QuantizeLinear']);
  });

  it('MatMul, ranges measured at run time', async () => {
    expect(await kernelsOf(matmul([]), pinned({}, 'dynamic'))).toEqual(['DynamicQuantizeMatMul']);
  });

  const gemm = (bias: readonly number[], transB: number, more: readonly TestNode[] = []): Net => ({
    nodes: [
      { opType: 'Gemm', input: ['x', 'w', 'c'], output: [more.length > 0 ? 'm' : 'y'], attributes: { transB } },
      ...more,
    ],
    constants: [random('w', transB ? [6, 8] : [8, 6]), random('c', bias), random('v', [6, 5])],
    dims: [9, 8],
  });

  it.each([
    ['a bias of [n]', gemm([6], 0)],
    ['a bias of [1, n]', gemm([1, 6], 0)],
    ['transB', gemm([6], 1)],
  ])('Gemm with %s', async (_, net) => {
    expect(await kernelsOf(net)).toEqual(['QGemm', 'QuantizeLinear']);
    const codesOut = { ...net, nodes: gemm([6], net.nodes[0]!.attributes!['transB'] as number, second).nodes };
    expect(await kernelsOf(codesOut)).toEqual(['MatMulIntegerToFloat', 'QGemm', 'QuantizeLinear']);
  });

  it('Gemm, ranges measured at run time', async () => {
    expect(await kernelsOf(gemm([6], 1), pinned({}, 'dynamic'))).toEqual(['DynamicQuantizeMatMul']);
  });
});

const op = (opType: string, attributes: TestNode['attributes'] = {}, more: readonly string[] = []): TestNode => ({
  opType,
  input: ['a', ...more],
  output: ['b'],
  attributes,
});

describe('ops between two layers that compute on codes', () => {
  it.each([
    ['Sigmoid', 'QLinearSigmoid', op('Sigmoid'), []],
    ['LeakyRelu', 'QLinearLeakyRelu', op('LeakyRelu', { alpha: { float: 0.1 } }), []],
    ['AveragePool', 'QLinearAveragePool', op('AveragePool', { kernel_shape: [2, 2] }), []],
    ['GlobalAveragePool', 'QLinearGlobalAveragePool', op('GlobalAveragePool'), []],
    ['MaxPool', 'NhwcMaxPool', op('MaxPool', { kernel_shape: [2, 2], strides: [2, 2] }), []],
    [
      'Slice',
      'Slice',
      op('Slice', {}, ['starts', 'ends', 'axes']),
      [integers('starts', [1]), integers('ends', [5]), integers('axes', [2])],
    ],
    ['Tile', 'Tile', op('Tile', {}, ['repeats']), [integers('repeats', [1, 1, 2, 1])]],
    ['Expand', 'Expand', op('Expand', {}, ['shape']), [integers('shape', [2, 4, 6, 6])]],
    ['Reshape', 'Reshape', op('Reshape', {}, ['shape']), [integers('shape', [1, 4, 4, 9])]],
    [
      'Resize nearest',
      'Resize',
      op('Resize', { mode: 'nearest' }, ['', 'scales']),
      [constant('scales', [1, 1, 2, 2], [4])],
    ],
  ])('%s', async (_, kernel, node, constants) => {
    const kernels = await kernelsOf(betweenConvs([node], constants));
    expect(kernels).toEqual([...EDGES, 'QLinearConv', 'QLinearConv', kernel].toSorted());
  });

  it('Transpose', async () => {
    const net = betweenConvs([op('Transpose', { perm: [0, 1, 3, 2] })]);
    expect(await kernelsOf(net)).toEqual([...EDGES, 'QLinearConv', 'QLinearConv'].toSorted());
  });

  it('DepthToSpace', async () => {
    const kernels = await kernelsOf(betweenConvs([op('DepthToSpace', { blocksize: 2 })], [], 1));
    expect(kernels).toEqual(['DepthToSpace', ...EDGES, 'QLinearConv', 'QLinearConv'].toSorted());
  });

  it('Squeeze, Unsqueeze, Flatten', async () => {
    const moves: TestNode[] = [
      { opType: 'Squeeze', input: ['a', 'axis'], output: ['s'] },
      { opType: 'Unsqueeze', input: ['s', 'axis'], output: ['u'] },
      { opType: 'Flatten', input: ['u'], output: ['f'] },
    ];
    const net: Net = {
      nodes: [
        { opType: 'Conv', input: ['x', 'first'], output: ['a'] },
        ...moves,
        { opType: 'Gemm', input: ['f', 'w'], output: ['y'] },
      ],
      constants: [random('first', [4, 4, 3, 3]), random('w', [144, 5]), integers('axis', [0])],
    };
    const kernels = await kernelsOf(net);
    expect(kernels.filter((kernel) => /Linear|Gemm/.test(kernel))).toEqual(['QGemm', 'QLinearConv', 'QuantizeLinear']);
  });

  it('a Pad with zeros is part of the Conv behind it', async () => {
    const net = betweenConvs([op('Pad', {}, ['pads'])], [integers('pads', [0, 0, 1, 1, 0, 0, 1, 1])]);
    expect(await kernelsOf(net)).toEqual([...EDGES, 'QLinearConv', 'QLinearConv'].toSorted());
  });

  it('Split', async () => {
    const middle: TestNode[] = [
      { opType: 'Split', input: ['a', 'sizes'], output: ['l', 'r'], attributes: { axis: 1 } },
      { opType: 'Concat', input: ['r', 'l'], output: ['b'], attributes: { axis: 1 } },
    ];
    const kernels = await kernelsOf(betweenConvs(middle, [integers('sizes', [1, 3])]));
    expect(kernels).toEqual([...EDGES, 'QLinearConcat', 'QLinearConv', 'QLinearConv', 'Split'].toSorted());
  });

  it.each(['Add', 'Mul'])('%s of two branches', async (opType) => {
    const middle: TestNode[] = [
      { opType: 'Conv', input: ['x', 'other'], output: ['o'] },
      { opType, input: ['a', 'o'], output: ['b'] },
    ];
    const kernels = await kernelsOf(betweenConvs(middle, [random('other', [4, 4, 3, 3])]));
    expect(kernels).toEqual([...EDGES, 'QLinearConv', 'QLinearConv', 'QLinearConv', `QLinear${opType}`].toSorted());
  });

  it.each([
    ['Relu', op('Relu'), []],
    ...[5.9, 6, 6.1].map(
      (high) =>
        [`Clip at ${high}`, op('Clip', {}, ['low', 'high']), [constant('low', [0]), constant('high', [high])]] as const,
    ),
    ['Clip at 0.3', op('Clip', {}, ['low', 'high']), [constant('low', [0]), constant('high', [0.3])]],
  ] as const)('%s is absorbed', async (_, node, constants) => {
    expect(await kernelsOf(betweenConvs([node], constants))).toEqual(
      [...EDGES, 'QLinearConv', 'QLinearConv'].toSorted(),
    );
  });

  it('a Relu that a symmetric range cannot express stays, and the Conv in front of it is an integer kernel', async () => {
    const symmetric = (model: PreparedModel): QuantizeConfig => {
      const config = pinned({})(model);
      const ops = Object.entries(config.ops).map(([name, form]): [string, OpConfig] => [
        name,
        form === 'fp32' ? form : { ...form, activation: { ...form.activation, scheme: 'sym' } },
      ]);
      return { ...config, ops: Object.fromEntries(ops) };
    };
    const kernels = await kernelsOf(betweenConvs([op('Relu')]), symmetric);
    expect(kernels.filter((kernel) => kernel === 'QLinearConv')).toHaveLength(2);
    expect(kernels).toContain('Relu');
  });
});

describe('ops that have no integer kernel stay float, once between one Q/DQ pair', () => {
  const unary = ['Tanh', 'HardSigmoid', 'Erf', 'Elu', 'Exp', 'Abs', 'Softplus'];
  const filter = random('filter', [4, 4, 1, 1]);
  it.each<readonly [string, TestNode, readonly TensorProto[]]>([
    ...unary.map((opType) => [opType, op(opType), []] as const),
    ['Sub', op('Sub', {}, ['c']), [random('c', [4, 6, 6])]],
    [
      'Div',
      op('Div', {}, ['c']),
      [
        constant(
          'c',
          Array.from({ length: 36 }, (_, i) => 1 + i / 36),
          [6, 6],
        ),
      ],
    ],
    ['Pow', op('Pow', {}, ['c']), [constant('c', [2])]],
    ['Max', op('Max', {}, ['c']), [constant('c', [0.1])]],
    ['Min', op('Min', {}, ['c']), [constant('c', [0.1])]],
    ['PRelu', op('PRelu', {}, ['c']), [constant('c', [0.2])]],
    ['Add', op('Add', {}, ['c']), [random('c', [4, 6, 6])]],
    ['ReduceMean', op('ReduceMean', { axes: [2, 3] }), []],
    ['SpaceToDepth', op('SpaceToDepth', { blocksize: 1 }), []],
    ['ConvTranspose', op('ConvTranspose', {}, ['filter']), [filter]],
    ['Pad', op('Pad', {}, ['pads', 'c']), [integers('pads', [0, 0, 1, 1, 0, 0, 1, 1]), constant('c', [1])]],
    ['Resize', op('Resize', { mode: 'linear' }, ['', 'scales']), [constant('scales', [1, 1, 2, 2], [4])]],
    ['InstanceNormalization', op('InstanceNormalization', {}, ['c', 'd']), [random('c', [4]), random('d', [4])]],
  ])('%s', async (opType, node, constants) => {
    const kernels = await kernelsOf(betweenConvs([node], constants));
    expect(kernels).toEqual([...EDGES, ...EDGES, 'QLinearConv', 'QLinearConv', opType].toSorted());
  });

  it('HardSwish', async () => {
    const kernels = await kernelsOf(betweenConvs([op('HardSwish')]));
    expect(kernels).toEqual([...EDGES, ...EDGES, 'QLinearConv', 'QLinearConv', 'HardSigmoid', 'Mul'].toSorted());
  });

  it('but a Softmax between two layers is taken for int8 by ONNX Runtime', async () => {
    const kernels = await kernelsOf(betweenConvs([op('Softmax', { axis: 1 })]));
    expect(kernels).toEqual([...EDGES, 'QLinearConv', 'QLinearConv', 'QLinearSoftmax'].toSorted());
  });

  it.each(['Conv', 'depthwise Conv', 'Gemm'])(
    'a %s that is excluded, whatever its weights are stored as',
    async (kind) => {
      const wide = kind === 'depthwise Conv' ? [4, 1, 3, 3] : [4, 4, 3, 3];
      const net: Net =
        kind === 'Gemm'
          ? {
              nodes: ['0', '1', '2'].map((i) => ({
                opType: 'Gemm',
                input: [i === '0' ? 'x' : `g${Number(i) - 1}`, `w${i}`],
                output: [i === '2' ? 'y' : `g${i}`],
              })),
              constants: ['w0', 'w1', 'w2'].map((name) => random(name, [20, 20])),
              dims: [9, 20],
            }
          : betweenConvs([op('Conv', { group: wide[1] === 1 ? 4 : 1 }, ['w'])], [random('w', [4, wide[1]!, 9, 9])]);
      if (kind !== 'Gemm') (net as { dims: readonly number[] }).dims = [1, 4, 20, 20];
      for (const weightStorage of ['float32', 'int8', 'float16'] as const) {
        const kernels = await kernelsOf(net, (model) => {
          const middle = model.graph.nodes[1]!.name;
          return { ...allInt8(model, [middle]), weightStorage };
        });
        expect(kernels.filter((kernel) => /^(QLinearConv|QGemm)$/.test(kernel))).toHaveLength(2);
        expect(kernels.filter((kernel) => /^(Conv|FusedConv|Gemm)$/.test(kernel))).toHaveLength(1);
      }
    },
  );
});

it('a Conv of one channel that is excluded stays float, with the values of its input', async () => {
  const net: Net = {
    nodes: [
      { opType: 'Conv', input: ['x', 'first'], output: ['a'] },
      { opType: 'Conv', input: ['a', 'w', 'c'], output: ['b'] },
      { opType: 'Conv', input: ['b', 'last'], output: ['y'] },
    ],
    constants: [
      random('first', [1, 4, 3, 3]),
      random('w', [1, 1, 3, 3]),
      constant('c', [0.5], [1]),
      random('last', [4, 1, 1, 1]),
    ],
  };
  const kernels = await kernelsOf(net, (model) => allInt8(model, [model.graph.nodes[1]!.name]));
  expect(kernels.filter((kernel) => kernel === 'QLinearConv')).toHaveLength(2);
  expect(kernels.filter((kernel) => kernel === 'Conv')).toHaveLength(1);
});

it('a barrier stands where inference does not know the channels', () => {
  const net = betweenConvs([op('Conv', { group: 4 }, ['w'])], [random('w', [4, 1, 3, 3])]);
  const model = prepare(net, { dims: ['N', 'C', 'H', 'W'] });
  const infos = new Map([...model.infos].map(([name, { type }]) => [name, { type, dims: undefined }]));
  const config = allInt8(model, [model.graph.nodes[1]!.name]);
  const minmax = Object.fromEntries([...infos.keys()].map((name) => [name, { min: -1, max: 1 }]));
  const { parts } = rewrite({ graph: model.graph, infos }, config, { minmax }, new WeightCache());
  expect(emissionFaults(concatenate(parts))).toEqual([]);
});

describe('stored weights leave nothing behind at run time', () => {
  const cases: readonly (readonly [string, Net])[] = [
    ['Conv', { nodes: [{ opType: 'Conv', input: ['x', 'w'], output: ['y'] }], constants: [random('w', [8, 4, 3, 3])] }],
    [
      'ConvTranspose',
      {
        nodes: [{ opType: 'ConvTranspose', input: ['x', 'w'], output: ['y'] }],
        constants: [random('w', [4, 8, 3, 3])],
      },
    ],
    ['MatMul', { nodes: [{ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }], constants: [random('w', [8, 40])] }],
    [
      'MatMul of three dimensions',
      {
        nodes: [{ opType: 'MatMul', input: ['x', 'w'], output: ['y'] }],
        constants: [random('w', [2, 8, 20])],
        dims: [2, 3, 8],
      },
    ],
    [
      'Gemm',
      {
        nodes: [{ opType: 'Gemm', input: ['x', 'w'], output: ['y'], attributes: { transB: 1 } }],
        constants: [random('w', [40, 8])],
        dims: [3, 8],
      },
    ],
    [
      'LSTM',
      {
        nodes: [{ opType: 'LSTM', input: ['x', 'w', 'r'], output: ['', 'y'], attributes: { hidden_size: 9 } }],
        constants: [random('w', [1, 36, 8]), random('r', [1, 36, 9])],
        dims: [5, 1, 8],
      },
    ],
  ];
  it.each(cases)('%s', async (_, net) => {
    const float = await kernelsOf(net, () => ({ ops: {}, weightStorage: 'float32' }));
    for (const weightStorage of ['int8', 'float16', 'auto'] as const) {
      expect(await kernelsOf(net, () => ({ ops: {}, weightStorage }))).toEqual(float);
    }
  });
});
