import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { toFloat16Bits } from '../../base/float16.ts';
import { makeAttribute } from '../attributes.ts';
import { Graph } from '../graph.ts';
import { inferTensors } from '../infer.ts';
import { AttributeProtoSchema, AttributeProto_AttributeType as Type } from '../proto/onnx_pb.ts';
import { floats, readTensor, writeTensor } from '../tensor-proto.ts';
import { buildModel, type TestNode } from '../testing/build-model.ts';
import { checkParity, wave } from '../testing/check-parity.ts';
import { worstDifference } from '../testing/compare-tensors.ts';
import { runModel } from '../testing/run-model.ts';
import { valueInfo } from '../value-info.ts';
import { LIFT_CONSTANTS } from './lift-constants.ts';
import { NAME_NODES } from './name-nodes.ts';
import { REMOVE_IDENTITY } from './remove-identity.ts';
import { UNLIST_INITIALIZERS } from './unlist-initializers.ts';
import { WIDEN_FLOAT16 } from './widen-float16.ts';

const silent = () => {};

describe('name-nodes', () => {
  it('names what has no name of its own, by type and place', () => {
    const nodes: TestNode[] = [
      { opType: 'Relu', input: ['x'], output: ['a'] },
      { opType: 'Relu', name: 'same', input: ['a'], output: ['b'] },
      { opType: 'Neg', name: 'same', input: ['b'], output: ['Abs_3'] },
      { opType: 'Abs', input: ['Abs_3'], output: ['y'] },
    ];
    const graph = new Graph(buildModel({ nodes, inputs: { x: { dims: [2] } }, outputs: { y: {} } }));
    NAME_NODES.run(graph, silent);
    expect(graph.nodes.map(({ name }) => name)).toEqual(['Relu_0', 'same', 'Neg_2', 'Abs_3_1']);
  });
});

describe('lift-constants', () => {
  it.each([
    ['value', floats('', [1, 2, 3]), [1, 2, 3]],
    ['value_float', { float: 2.5 }, [2.5]],
    ['value_floats', { floats: [1, 0.5, -1] }, [1, 0.5, -1]],
  ])('lifts %s', async (form, value, expected) => {
    const nodes: TestNode[] = [
      { opType: 'Constant', input: [], output: ['c'], attributes: { [form]: value } },
      { opType: 'Add', input: ['x', 'c'], output: ['y'] },
    ];
    const model = buildModel({ nodes, inputs: { x: { dims: [2, 3] } }, outputs: { y: {} } });
    const { graph, opTypes, difference } = await checkParity(model, [LIFT_CONSTANTS]);
    expect(opTypes).toEqual(['Add']);
    expect([...readTensor(graph.initializer('c')!).data]).toEqual(expected);
    expect(difference).toBe(0);
  });

  it('lifts integers, and leaves strings and graph outputs', () => {
    const text = create(AttributeProtoSchema, {
      name: 'value_strings',
      type: Type.STRINGS,
      strings: [new Uint8Array(1)],
    });
    const nodes: TestNode[] = [
      { opType: 'Constant', input: [], output: ['i'], attributes: { value_int: 3 } },
      { opType: 'Constant', input: [], output: ['v'], attributes: { value_ints: [3, 4] } },
      { opType: 'Constant', input: [], output: ['s'] },
      { opType: 'Constant', input: [], output: ['y'], attributes: { value_int: 3 } },
    ];
    const graph = new Graph(buildModel({ nodes, outputs: { y: { type: 'int64' } } }));
    graph.producer('s')!.attribute = [text];
    LIFT_CONSTANTS.run(graph, silent);
    expect(graph.nodes.map(({ output }) => output[0])).toEqual(['s', 'y']);
    expect(readTensor(graph.initializer('i')!)).toEqual({ type: 'int64', dims: [], data: BigInt64Array.of(3n) });
    expect(readTensor(graph.initializer('v')!).dims).toEqual([2]);
  });
});

describe('unlist-initializers', () => {
  it('takes initializers off the inputs', async () => {
    const model = buildModel({
      nodes: [{ opType: 'Add', input: ['x', 'w'], output: ['y'] }],
      inputs: { x: { dims: [2] }, w: { dims: [2] } },
      outputs: { y: {} },
      initializers: [floats('w', [1, 2])],
    });
    model.irVersion = 3n;
    const { graph, difference } = await checkParity(model, [UNLIST_INITIALIZERS]);
    expect(graph.model.graph!.input.map(({ name }) => name)).toEqual(['x']);
    expect(graph.model.irVersion).toBe(4n);
    expect(difference).toBe(0);
  });
});

describe('widen-float16', () => {
  const half = (name: string, values: readonly number[], dims: readonly number[]) =>
    writeTensor(name, { type: 'float16', dims, data: Uint16Array.from(values, toFloat16Bits) });

  it('computes in float32 what was computed in float16', async () => {
    const weights = Array.from({ length: 12 }, (_, i) => i / 8 - 0.5);
    const build = (type: 'float16' | 'float32') =>
      buildModel({
        nodes: [
          { opType: 'Cast', input: ['x'], output: ['h'], attributes: { to: type === 'float16' ? 10 : 1 } },
          { opType: 'MatMul', input: ['h', 'w'], output: ['m'] },
          {
            opType: 'Constant',
            input: [],
            output: ['c'],
            attributes: { value: type === 'float16' ? half('', [0.5], []) : floats('', [0.5], []) },
          },
          { opType: 'Add', input: ['m', 'c'], output: ['y'] },
        ],
        inputs: { x: { dims: [2, 3] } },
        outputs: { y: { type } },
        initializers: [type === 'float16' ? half('w', weights, [3, 4]) : floats('w', weights, [3, 4])],
      });
    const model = build('float16');
    model.graph!.valueInfo.push(valueInfo('m', 'float16', [2, 4]));
    const graph = new Graph(model);
    const codes: string[] = [];
    for (const pass of [WIDEN_FLOAT16, REMOVE_IDENTITY])
      pass.run(graph, ({ code, message }) => codes.push(`${code}: ${message}`));
    expect(codes).toEqual([expect.stringMatching(/^float16-widened: .*\by$/)]);
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['MatMul', 'Constant', 'Add']);
    expect([...inferTensors(graph).values()].every(({ type }) => type === 'float32')).toBe(true);
    const feeds = { x: wave([2, 3]) };
    expect(worstDifference(await runModel(graph.commit(), feeds), await runModel(build('float32'), feeds))).toBe(0);
  });

  it('leaves other models alone', () => {
    const model = buildModel({
      nodes: [{ opType: 'Relu', input: ['x'], output: ['y'] }],
      inputs: { x: { dims: [2] } },
      outputs: { y: {} },
    });
    const codes: string[] = [];
    WIDEN_FLOAT16.run(new Graph(model), ({ code }) => codes.push(code));
    expect(codes).toEqual([]);
  });

  it('widens the type of what is made out of nothing', () => {
    const value = half('', [2], [1]);
    const nodes: TestNode[] = [{ opType: 'ConstantOfShape', input: ['s'], output: ['y'], attributes: { value } }];
    const model = buildModel({
      nodes,
      inputs: { s: { type: 'int64', dims: [1] } },
      outputs: { y: { type: 'float16' } },
    });
    model.graph!.node[0]!.attribute.push(makeAttribute('dtype', 10));
    WIDEN_FLOAT16.run(new Graph(model), silent);
    const [filled, dtype] = model.graph!.node[0]!.attribute;
    expect(readTensor(filled!.t!)).toEqual({ type: 'float32', dims: [1], data: Float32Array.of(2) });
    expect(dtype!.i).toBe(1n);
  });
});
