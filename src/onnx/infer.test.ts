import { describe, expect, it } from 'vitest';
import { elementCount, type Tensor } from '../base/tensor.ts';
import { decodeModel } from './decode.ts';
import { exposeTensors } from './expose.ts';
import { Graph } from './graph.ts';
import { inferTensors, type InferredTensor } from './infer.ts';
import { floats, int64s, writeTensor } from './tensor-proto.ts';
import { buildModel, type TestNode } from './testing/build-model.ts';
import { CASE_NAMES, caseFeeds, caseModelBytes } from './testing/cases.ts';
import { runModel, type TensorMap } from './testing/run-model.ts';
import type { TensorProto } from './proto/onnx_pb.ts';

/** Fails where what was inferred contradicts what came out of a run. */
function expectAgreement(inferred: ReadonlyMap<string, InferredTensor>, actual: TensorMap): void {
  for (const [name, tensor] of Object.entries(actual)) {
    const { type, dims, values } = inferred.get(name)!;
    if (type) expect({ name, type }).toEqual({ name, type: tensor.type });
    if (dims)
      expect({ name, dims: dims.map((dim, axis) => dim ?? tensor.dims[axis]) }).toEqual({ name, dims: tensor.dims });
    values?.forEach((value, index) => {
      if (value !== null) expect({ name, index, value }).toEqual({ name, index, value: Number(tensor.data[index]) });
    });
  }
}

async function runExposed(graph: Graph, feeds: TensorMap): Promise<TensorMap> {
  const names = graph.nodes.flatMap(({ output }) => output.filter(Boolean));
  return runModel(exposeTensors(graph, names), feeds);
}

describe.skipIf(CASE_NAMES.length === 0)('cases', () => {
  it.each(CASE_NAMES)('%s: every type and known size agrees with a run', async (name) => {
    const graph = new Graph(decodeModel(caseModelBytes(name)));
    const actual = await runExposed(graph, await caseFeeds(name, 1));
    const inferred = inferTensors(graph);
    expectAgreement(inferred, actual);
    const unknown = Object.keys(actual).filter((tensor) => !inferred.get(tensor)?.dims || !inferred.get(tensor)?.type);
    expect(unknown).toEqual([]);
  });
});

interface Probe {
  readonly nodes: readonly TestNode[];
  readonly inputs: Readonly<Record<string, { readonly dims: readonly number[] }>>;
  readonly initializers?: readonly TensorProto[];
  readonly opset?: number;
  /** What must be known of the last node's first output. */
  readonly expected: readonly (number | null)[];
}

const x = (...dims: number[]) => ({ x: { dims } });
const node = (opType: string, input: string[], attributes: TestNode['attributes'] = {}): TestNode => ({
  opType,
  input,
  output: ['y'],
  attributes,
});
const one = (opType: string, attributes: TestNode['attributes'] = {}) => [node(opType, ['x'], attributes)];

/** Each operator alone, with sizes that are all known; the run confirms `expected`. */
const PROBES: Readonly<Record<string, Probe>> = {
  'Conv with pads, strides, dilations': {
    nodes: [node('Conv', ['x', 'w'], { pads: [1, 0, 2, 1], strides: [2, 1], dilations: [1, 2] })],
    inputs: x(1, 2, 9, 10),
    initializers: [floats('w', new Array<number>(54).fill(1), [3, 2, 3, 3])],
    expected: [1, 3, 5, 7],
  },
  'Conv SAME_UPPER': {
    nodes: [node('Conv', ['x', 'w'], { auto_pad: 'SAME_UPPER', strides: [2, 2] })],
    inputs: x(1, 1, 7, 8),
    initializers: [floats('w', new Array<number>(9).fill(1), [1, 1, 3, 3])],
    expected: [1, 1, 4, 4],
  },
  ConvTranspose: {
    nodes: [
      node('ConvTranspose', ['x', 'w'], { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 0], group: 2 }),
    ],
    inputs: x(1, 2, 4, 5),
    initializers: [floats('w', new Array<number>(54).fill(1), [2, 3, 3, 3])],
    expected: [1, 6, 8, 9],
  },
  MaxPool: {
    nodes: one('MaxPool', { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 0] }),
    inputs: x(1, 1, 7, 8),
    expected: [1, 1, 4, 4],
  },
  'AveragePool in ceil mode': {
    nodes: one('AveragePool', { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
    inputs: x(1, 1, 8, 7),
    expected: [1, 1, null, 3],
  },
  GlobalAveragePool: { nodes: one('GlobalAveragePool'), inputs: x(2, 3, 4, 5), expected: [2, 3, 1, 1] },
  DepthToSpace: { nodes: one('DepthToSpace', { blocksize: 2 }), inputs: x(1, 8, 2, 3), expected: [1, 2, 4, 6] },
  SpaceToDepth: { nodes: one('SpaceToDepth', { blocksize: 2 }), inputs: x(1, 2, 4, 6), expected: [1, 8, 2, 3] },
  'MatMul with a vector': {
    nodes: [node('MatMul', ['x', 'v'])],
    inputs: x(2, 3, 4),
    initializers: [floats('v', [1, 2, 3, 4])],
    expected: [2, 3],
  },
  'MatMul over batches': {
    nodes: [node('MatMul', ['x', 'w'])],
    inputs: x(5, 1, 3, 4),
    initializers: [floats('w', new Array<number>(48).fill(1), [2, 4, 6])],
    expected: [5, 2, 3, 6],
  },
  'Gemm transB': {
    nodes: [node('Gemm', ['x', 'w'], { transB: 1 })],
    inputs: x(3, 4),
    initializers: [floats('w', new Array<number>(8).fill(1), [2, 4])],
    expected: [3, 2],
  },
  Einsum: {
    nodes: [node('Einsum', ['x', 'w'], { equation: 'bij,jk->bik' })],
    inputs: x(2, 3, 4),
    initializers: [floats('w', new Array<number>(20).fill(1), [4, 5])],
    expected: [2, 3, 5],
  },
  'Reshape with 0 and -1': {
    nodes: [node('Reshape', ['x', 's'])],
    inputs: x(2, 3, 4),
    initializers: [int64s('s', [0, -1, 2])],
    expected: [2, 6, 2],
  },
  'Flatten at a negative axis': { nodes: one('Flatten', { axis: -1 }), inputs: x(2, 3, 4), expected: [6, 4] },
  Transpose: { nodes: one('Transpose', { perm: [2, 0, 1] }), inputs: x(2, 3, 4), expected: [4, 2, 3] },
  'Transpose reversing': { nodes: one('Transpose'), inputs: x(2, 3, 4), expected: [4, 3, 2] },
  'Squeeze all': { nodes: one('Squeeze'), inputs: x(1, 3, 1), expected: [3] },
  'Squeeze of opset 11': { nodes: one('Squeeze', { axes: [-1] }), inputs: x(1, 3, 1), opset: 11, expected: [1, 3] },
  Unsqueeze: {
    nodes: [node('Unsqueeze', ['x', 'a'])],
    inputs: x(2, 3),
    initializers: [int64s('a', [0, -1])],
    expected: [1, 2, 3, 1],
  },
  'Slice backwards': {
    nodes: [node('Slice', ['x', 'start', 'end', 'axis', 'step'])],
    inputs: x(2, 9),
    initializers: [int64s('start', [-1]), int64s('end', [-100]), int64s('axis', [1]), int64s('step', [-2])],
    expected: [2, 5],
  },
  'Slice of opset 9': {
    nodes: one('Slice', { starts: [1], ends: [100], axes: [1] }),
    inputs: x(2, 9),
    opset: 9,
    expected: [2, 8],
  },
  Split: {
    nodes: [{ ...node('Split', ['x', 'sizes'], { axis: 1 }), output: ['y', 'z'] }],
    inputs: x(2, 9),
    initializers: [int64s('sizes', [4, 5])],
    expected: [2, 4],
  },
  'Split in equal parts': {
    nodes: [{ ...node('Split', ['x'], { axis: -1 }), output: ['y', 'z', 'q'] }],
    inputs: x(2, 9),
    expected: [2, 3],
  },
  Concat: { nodes: [node('Concat', ['x', 'x', 'x'], { axis: -1 })], inputs: x(2, 3), expected: [2, 9] },
  'Gather of a scalar': {
    nodes: [node('Gather', ['x', 'i'], { axis: 1 })],
    inputs: x(2, 3, 4),
    initializers: [int64s('i', [1], [])],
    expected: [2, 4],
  },
  GatherND: {
    nodes: [node('GatherND', ['x', 'i'])],
    inputs: x(2, 3, 4),
    initializers: [int64s('i', [0, 1, 1, 2], [2, 2])],
    expected: [2, 4],
  },
  TopK: {
    nodes: [{ ...node('TopK', ['x', 'k']), output: ['y', 'at'] }],
    inputs: x(2, 9),
    initializers: [int64s('k', [4])],
    expected: [2, 4],
  },
  Expand: {
    nodes: [node('Expand', ['x', 's'])],
    inputs: x(3, 1),
    initializers: [int64s('s', [2, 1, 4])],
    expected: [2, 3, 4],
  },
  Tile: {
    nodes: [node('Tile', ['x', 'r'])],
    inputs: x(2, 3),
    initializers: [int64s('r', [1, 4])],
    expected: [2, 12],
  },
  Pad: {
    nodes: [node('Pad', ['x', 'p'])],
    inputs: x(2, 3),
    initializers: [int64s('p', [0, 1, 2, -1])],
    expected: [4, 3],
  },
  'Resize by scales': {
    nodes: [node('Resize', ['x', '', 's'])],
    inputs: x(1, 1, 3, 5),
    initializers: [floats('s', [1, 1, 2, 1.5])],
    expected: [1, 1, 6, 7],
  },
  'Resize to sizes': {
    nodes: [node('Resize', ['x', '', '', 's'])],
    inputs: x(1, 1, 3, 5),
    initializers: [int64s('s', [1, 1, 4, 4])],
    expected: [1, 1, 4, 4],
  },
  OneHot: {
    nodes: [{ opType: 'Cast', input: ['x'], output: ['i'], attributes: { to: 7 } }, node('OneHot', ['i', 'd', 'v'])],
    inputs: x(2, 3),
    initializers: [int64s('d', [5]), floats('v', [0, 1])],
    expected: [2, 3, 5],
  },
  ReduceMean: { nodes: one('ReduceMean', { axes: [-1] }), inputs: x(2, 3, 4), expected: [2, 3, 1] },
  'ReduceSum without keepdims': {
    nodes: [node('ReduceSum', ['x', 'a'], { keepdims: 0 })],
    inputs: x(2, 3, 4),
    initializers: [int64s('a', [0, 2])],
    expected: [3],
  },
  ArgMax: { nodes: one('ArgMax', { axis: 1, keepdims: 0 }), inputs: x(2, 3, 4), expected: [2, 4] },
  'Add with broadcasting': {
    nodes: [node('Add', ['x', 'b'])],
    inputs: x(2, 1, 4),
    initializers: [floats('b', [1, 2, 3], [3, 1])],
    expected: [2, 3, 4],
  },
  LSTM: {
    nodes: [
      { ...node('LSTM', ['x', 'w', 'r'], { hidden_size: 2, direction: 'bidirectional' }), output: ['y', 'h', 'c'] },
    ],
    inputs: x(5, 1, 3),
    initializers: [
      floats('w', new Array<number>(48).fill(0.1), [2, 8, 3]),
      floats('r', new Array<number>(32).fill(0.1), [2, 8, 2]),
    ],
    expected: [5, 2, 1, 2],
  },
  'shape arithmetic': {
    nodes: [
      { opType: 'Shape', input: ['x'], output: ['shape'] },
      { opType: 'Gather', input: ['shape', 'first'], output: ['batch'] },
      { opType: 'Slice', input: ['shape', 'start', 'end'], output: ['rest'] },
      { opType: 'ReduceProd', input: ['rest'], output: ['product'], attributes: { keepdims: 0 } },
      { opType: 'Mul', input: ['batch', 'two'], output: ['double'] },
      { opType: 'Unsqueeze', input: ['double', 'axis'], output: ['rows'] },
      { opType: 'Concat', input: ['rows', 'minus'], output: ['target'], attributes: { axis: 0 } },
      node('Reshape', ['x', 'target']),
    ],
    inputs: x(2, 3, 4),
    initializers: [
      int64s('first', [0], []),
      int64s('start', [1]),
      int64s('end', [9223372036854775000]),
      int64s('two', [2], []),
      int64s('axis', [0]),
      int64s('minus', [-1]),
    ],
    expected: [4, 6],
  },
  'ConstantOfShape and Range': {
    nodes: [
      { opType: 'Range', input: ['zero', 'three', 'step'], output: ['sizes'] },
      { opType: 'Add', input: ['sizes', 'step'], output: ['shape'] },
      {
        opType: 'ConstantOfShape',
        input: ['shape'],
        output: ['filled'],
        attributes: { value: writeTensor('', { type: 'float32', dims: [1], data: Float32Array.of(2) }) },
      },
      node('Add', ['filled', 'x']),
    ],
    inputs: x(1, 2, 1),
    initializers: [int64s('zero', [0], []), int64s('three', [3], []), int64s('step', [1], [])],
    expected: [1, 2, 3],
  },
};

describe('inferTensors', () => {
  it.each(Object.entries(PROBES))('%s', async (_, { nodes, inputs, initializers = [], opset, expected }) => {
    const outputs = { y: {} };
    const graph = new Graph(buildModel({ nodes, inputs, outputs, initializers, ...(opset && { opset }) }));
    // Outputs of unknown element type and shape: everything must come from the rules.
    graph.model.graph!.output.forEach((info) => delete info.type);
    const inferred = inferTensors(graph);
    expect(inferred.get('y')?.dims).toEqual(expected);
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, { dims }]): [string, Tensor] => [
        name,
        { type: 'float32', dims, data: Float32Array.from({ length: elementCount(dims) }, (__, i) => i % 3) },
      ]),
    );
    expectAgreement(inferred, await runExposed(graph, feeds));
  });

  it('knows nothing after an operator that it does not know', () => {
    const nodes: TestNode[] = [
      { opType: 'Mystery', domain: 'example', input: ['x'], output: ['m'] },
      { opType: 'Relu', input: ['m'], output: ['y'] },
    ];
    const graph = new Graph(buildModel({ nodes, inputs: { x: { dims: [2] } }, outputs: { z: {} } }));
    expect(inferTensors(graph).get('y')).toEqual({ type: undefined, dims: undefined });
  });

  it('leaves symbolic sizes open and passes the others on', () => {
    const nodes: TestNode[] = [
      { opType: 'Reshape', input: ['x', 's'], output: ['r'] },
      { opType: 'MatMul', input: ['r', 'w'], output: ['y'] },
    ];
    const initializers = [int64s('s', [0, -1, 4]), floats('w', new Array<number>(8).fill(1), [4, 2])];
    const graph = new Graph(
      buildModel({ nodes, inputs: { x: { dims: ['N', 2, 8] } }, outputs: { y: {} }, initializers }),
    );
    expect(inferTensors(graph).get('r')?.dims).toEqual([null, 4, 4]);
    expect(inferTensors(graph).get('y')?.dims).toEqual([null, 4, 2]);
  });
});
