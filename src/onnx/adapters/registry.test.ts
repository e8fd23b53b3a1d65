import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { makeNode } from '../attributes.ts';
import { Graph } from '../graph.ts';
import { LIFT_CONSTANTS } from '../passes/lift-constants.ts';
import { NAME_NODES } from '../passes/name-nodes.ts';
import { UPGRADE_OPSET } from '../passes/upgrade-opset.ts';
import { FunctionProtoSchema, type TensorProto } from '../proto/onnx_pb.ts';
import { floats, int64s, writeTensor } from '../tensor-proto.ts';
import { buildGraph, buildModel, type TestNode } from '../testing/build-model.ts';
import { checkParity, wave } from '../testing/check-parity.ts';

const UPGRADE = [NAME_NODES, LIFT_CONSTANTS, UPGRADE_OPSET];

interface Case {
  readonly opset: number;
  readonly dims: readonly (number | string)[];
  readonly attributes?: TestNode['attributes'];
  readonly more?: readonly TensorProto[];
  readonly output?: readonly string[];
  /** Operators after the upgrade, where there is more to it than the same one. */
  readonly becomes?: readonly string[];
}

const scales = (...values: number[]) => [floats('scales', values)];

const CASES: readonly (readonly [opType: string, what: string, spec: Case])[] = [
  ['Softmax', 'along the last axis', { opset: 9, dims: ['N', 5], attributes: { axis: 1 }, becomes: ['Softmax'] }],
  ['Softmax', 'by default', { opset: 11, dims: [2, 5], becomes: ['Softmax'] }],
  ['Softmax', 'along -1', { opset: 11, dims: ['N', 'M', 5], attributes: { axis: -1 }, becomes: ['Softmax'] }],
  ['Softmax', 'flattening', { opset: 9, dims: [2, 3, 4], becomes: ['Flatten', 'Softmax', 'Shape', 'Reshape'] }],
  [
    'Softmax',
    'flattening symbolic sizes',
    { opset: 7, dims: ['N', 3, 'M'], attributes: { axis: 1 }, becomes: ['Flatten', 'Softmax', 'Shape', 'Reshape'] },
  ],
  [
    'Softmax',
    'at a negative axis',
    { opset: 11, dims: [2, 3, 4], attributes: { axis: -2 }, becomes: ['Flatten', 'Softmax', 'Shape', 'Reshape'] },
  ],
  ['Softmax', 'over one axis among ones', { opset: 9, dims: [2, 5, 1, 1], becomes: ['Softmax'] }],
  ['LogSoftmax', 'flattening', { opset: 10, dims: [2, 3, 4], becomes: ['Flatten', 'LogSoftmax', 'Shape', 'Reshape'] }],
  ['Hardmax', 'flattening', { opset: 12, dims: [2, 3, 4], becomes: ['Flatten', 'Hardmax', 'Shape', 'Reshape'] }],
  ['Squeeze', 'with axes', { opset: 9, dims: [1, 3, 1], attributes: { axes: [0] } }],
  ['Squeeze', 'without axes', { opset: 11, dims: [1, 3, 1] }],
  ['Unsqueeze', 'with axes', { opset: 11, dims: [2, 3], attributes: { axes: [0, -1] } }],
  ['ReduceSum', 'with axes', { opset: 9, dims: [2, 3, 4], attributes: { axes: [1], keepdims: 0 } }],
  ['ReduceSum', 'over all', { opset: 11, dims: [2, 3, 4] }],
  ['ReduceMean', 'as it is', { opset: 9, dims: [2, 3, 4], attributes: { axes: [1] } }],
  ['Split', 'by sizes', { opset: 9, dims: [2, 9], attributes: { axis: 1, split: [4, 5] }, output: ['y', 'z'] }],
  ['Split', 'equally', { opset: 11, dims: [2, 8], attributes: { axis: -1 }, output: ['y', 'z'] }],
  ['Slice', 'with axes', { opset: 9, dims: [4, 9], attributes: { starts: [1, -4], ends: [9, -1], axes: [0, 1] } }],
  ['Slice', 'without axes', { opset: 7, dims: [4, 9], attributes: { starts: [1, 0], ends: [3, 1000] } }],
  ['Clip', 'on both sides', { opset: 9, dims: [2, 9], attributes: { min: { float: -1 }, max: { float: 0.5 } } }],
  ['Clip', 'above', { opset: 7, dims: [2, 9], attributes: { max: { float: 0.5 } } }],
  ['Clip', 'below', { opset: 10, dims: [2, 9], attributes: { min: { float: 0 } } }],
  ['Clip', 'not at all', { opset: 10, dims: [2, 9] }],
  ['Pad', 'with a value', { opset: 9, dims: [2, 3], attributes: { pads: [0, 1, 1, 2], value: { float: 3.5 } } }],
  ['Pad', 'reflecting', { opset: 10, dims: [3, 4], attributes: { pads: [0, 1, 1, 2], mode: 'reflect' } }],
  ['TopK', 'of an attribute', { opset: 9, dims: [2, 9], attributes: { k: 3 }, output: ['y', 'at'] }],
  ['TopK', 'of an input', { opset: 10, dims: [2, 9], more: [int64s('k', [3])], output: ['y', 'at'] }],
  [
    'Upsample',
    'nearest by attribute',
    {
      opset: 7,
      dims: [1, 1, 3, 5],
      attributes: { mode: 'nearest', scales: { floats: [1, 1, 2, 1.5] } },
      becomes: ['Resize'],
    },
  ],
  [
    'Upsample',
    'linear by input',
    { opset: 9, dims: [1, 1, 3, 5], attributes: { mode: 'linear' }, more: scales(1, 1, 2, 1.5), becomes: ['Resize'] },
  ],
  ['Upsample', 'nearest by input', { opset: 9, dims: [1, 2, 3, 5], more: scales(1, 1, 2, 3), becomes: ['Resize'] }],
  ['Resize', 'growing', { opset: 10, dims: [1, 1, 3, 5], more: scales(1, 1, 1.7, 2.5) }],
  ['Resize', 'shrinking', { opset: 10, dims: [1, 1, 6, 7], more: scales(1, 1, 0.5, 0.6) }],
  ['Resize', 'linear', { opset: 10, dims: [1, 1, 4, 5], attributes: { mode: 'linear' }, more: scales(1, 1, 2, 0.5) }],
  ['Dropout', 'with a ratio', { opset: 7, dims: [2, 9], attributes: { ratio: { float: 0.3 } } }],
  ['Dropout', 'by default', { opset: 10, dims: [2, 9] }],
  [
    'BatchNormalization',
    'per channel',
    {
      opset: 7,
      dims: [2, 3, 4],
      attributes: { epsilon: { float: 0.01 }, spatial: 1 },
      more: ['scale', 'bias', 'mean', 'var'].map((name, index) => floats(name, [index + 1, 2, 0.5])),
    },
  ],
  [
    'Scatter',
    'renamed',
    {
      opset: 9,
      dims: [2, 3],
      more: [int64s('at', [1, 0], [1, 2]), floats('with', [7, 8], [1, 2])],
      becomes: ['ScatterElements'],
    },
  ],
  ['MaxPool', 'as it is', { opset: 8, dims: [1, 1, 7, 8], attributes: { kernel_shape: [3, 3], strides: [2, 2] } }],
  [
    'AveragePool',
    'as it is',
    { opset: 7, dims: [1, 1, 7, 8], attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
  ],
  ['Flatten', 'as it is', { opset: 9, dims: [2, 3, 4] }],
  ['Expand', 'as it is', { opset: 8, dims: [3, 1], more: [int64s('shape', [2, 3, 4])] }],
];

describe('opset adapters', () => {
  it.each(CASES)(
    '%s %s (%o)',
    async (opType, _, { opset, dims, attributes = {}, more = [], output = ['y'], becomes }) => {
      const model = buildModel({
        nodes: [{ opType, input: ['x', ...more.map(({ name }) => name)], output, attributes }],
        inputs: { x: { dims } },
        outputs: Object.fromEntries(output.map((name) => [name, { type: name === 'at' ? 'int64' : 'float32' }])),
        initializers: more,
        opset,
      });
      const { graph, opTypes, difference } = await checkParity(model, UPGRADE);
      expect(graph.opset()).toBe(13);
      expect(opTypes).toEqual(becomes ?? [opType]);
      expect(difference).toBeLessThan(1e-5);
    },
  );

  it('keeps opset 13 and later', async () => {
    const model = buildModel({
      nodes: [{ opType: 'Softmax', input: ['x'], output: ['y'], attributes: { axis: 1 } }],
      inputs: { x: { dims: [2, 3, 4] } },
      outputs: { y: {} },
      opset: 17,
    });
    const { graph, difference } = await checkParity(model, UPGRADE);
    expect(graph.opset()).toBe(17);
    expect(difference).toBe(0);
  });

  it('warns where the scales of a Resize are computed', async () => {
    const model = buildModel({
      nodes: [
        { opType: 'Exp', input: ['zero'], output: ['one'] },
        { opType: 'Add', input: ['one', 'extra'], output: ['scales'] },
        { opType: 'Resize', input: ['x', 'scales'], output: ['y'] },
      ],
      inputs: { x: { dims: [1, 1, 3, 5] } },
      outputs: { y: {} },
      initializers: [floats('zero', [0, 0, 0, 0]), floats('extra', [0, 0, 1, 0.5])],
      opset: 10,
    });
    const { warnings, difference } = await checkParity(model, UPGRADE);
    expect(warnings).toEqual(['resize-scale-unknown']);
    expect(difference).toBeLessThan(1e-5);
  });

  it('adapts inside bodies, with constants of their own', async () => {
    const branch = (name: string, max: number) =>
      buildGraph({
        nodes: [
          { opType: 'Clip', input: ['x'], output: [`${name}_clipped`], attributes: { max: { float: max } } },
          { opType: 'Softmax', input: [`${name}_clipped`], output: [name] },
        ],
        outputs: { [name]: {} },
      });
    const model = buildModel({
      nodes: [
        {
          opType: 'If',
          input: ['flag'],
          output: ['y'],
          attributes: { then_branch: branch('yes', 0.5), else_branch: branch('no', 1) },
        },
      ],
      inputs: { x: { dims: [2, 3, 4] }, flag: { type: 'bool', dims: [] } },
      outputs: { y: {} },
      opset: 10,
    });
    const flag = { type: 'bool', dims: [], data: Uint8Array.of(1) } as const;
    const { graph, difference } = await checkParity(model, UPGRADE, { x: wave([2, 3, 4]), flag });
    expect(graph.opset()).toBe(13);
    expect(difference).toBeLessThan(1e-5);
    const [then] = graph.nodes[0]!.attribute;
    expect(then!.g!.node.map(({ opType }) => opType)).toContain('Flatten');
    expect(then!.g!.initializer).toHaveLength(1);
  });

  it.each([
    ['ImageScaler', 7, {}],
    ['BatchNormalization', 8, { spatial: 0 }],
    ['Scan', 8, {}],
    ['Resize', 10, {}],
  ])('refuses %s of opset %i, naming it', (opType, opset, attributes) => {
    const nodes = [{ opType, input: ['x', 'mixed'], output: ['y'], name: 'culprit', attributes }];
    const graph = new Graph(
      buildModel({
        nodes,
        inputs: { x: { dims: [2] } },
        outputs: { y: {} },
        initializers: [floats('mixed', [2, 0.5])],
        opset,
      }),
    );
    expect(() => UPGRADE_OPSET.run(graph, () => {})).toThrow(
      expect.objectContaining({
        code: 'model-opset-unsupported',
        details: expect.objectContaining({ place: `node culprit (${opType})` }),
      }),
    );
  });

  it('keeps the operator set of a model with local functions, and says so', () => {
    const model = buildModel({
      nodes: [{ opType: 'Softmax', input: ['x'], output: ['y'] }],
      inputs: { x: { dims: [2] } },
      outputs: { y: {} },
      opset: 11,
    });
    const node = [makeNode({ opType: 'Relu', name: 'r', input: ['a'], output: ['b'] })];
    model.functions.push(create(FunctionProtoSchema, { name: 'f', domain: 'd', input: ['a'], output: ['b'], node }));
    const codes: string[] = [];
    const graph = new Graph(model);
    UPGRADE_OPSET.run(graph, ({ code }) => codes.push(code));
    expect(codes).toEqual(['opset-kept']);
    expect(graph.opset()).toBe(11);
  });

  it('keeps the type of a double Clip', () => {
    const graph = new Graph(
      buildModel({
        nodes: [{ opType: 'Clip', name: 'c', input: ['x'], output: ['y'], attributes: { max: { float: 1 } } }],
        inputs: { x: { type: 'float64', dims: [2] } },
        outputs: { y: { type: 'float64' } },
        initializers: [writeTensor('w', { type: 'float64', dims: [1], data: Float64Array.of(1) })],
        opset: 9,
      }),
    );
    UPGRADE_OPSET.run(graph, () => {});
    expect(graph.initializer('c_max')!.dataType).toBe(11);
  });
});
