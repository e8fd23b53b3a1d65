import { describe, expect, it } from 'vitest';
import { writeTensor } from '../tensor-proto.ts';
import { buildGraph, buildModel, type TestNode } from '../testing/build-model.ts';
import { checkParity, wave } from '../testing/check-parity.ts';
import type { TensorProto } from '../proto/onnx_pb.ts';
import { REMOVE_DROPOUT } from './remove-dropout.ts';
import { REMOVE_IDENTITY } from './remove-identity.ts';

const model = (nodes: readonly TestNode[], initializers: readonly TensorProto[] = [], outputs: string[] = ['y']) =>
  buildModel({
    nodes,
    inputs: { x: { dims: [2, 3] } },
    outputs: Object.fromEntries(outputs.map((name) => [name, {}])),
    initializers,
  });
const node = (opType: string, input: string, output: string, attributes: TestNode['attributes'] = {}): TestNode => ({
  opType,
  input: [input],
  output: [output],
  attributes,
});

describe('remove-identity', () => {
  it.each([
    ['in the middle', [node('Relu', 'x', 'a'), node('Identity', 'a', 'b'), node('Neg', 'b', 'y')], ['Relu', 'Neg']],
    ['after the input', [node('Identity', 'x', 'a'), node('Neg', 'a', 'y')], ['Neg']],
    ['before the output', [node('Relu', 'x', 'a'), node('Identity', 'a', 'y')], ['Relu']],
    ['in a row', [node('Identity', 'x', 'a'), node('Identity', 'a', 'b'), node('Neg', 'b', 'y')], ['Neg']],
    ['from input to output', [node('Identity', 'x', 'y')], ['Identity']],
    ['Cast to the same type', [node('Cast', 'x', 'a', { to: 1 }), node('Neg', 'a', 'y')], ['Neg']],
    ['but no real Cast', [node('Cast', 'x', 'a', { to: 7 }), node('Cast', 'a', 'y', { to: 1 })], ['Cast', 'Cast']],
  ])('takes it out %s', async (_, nodes, remains) => {
    const { opTypes, difference } = await checkParity(model(nodes), [REMOVE_IDENTITY]);
    expect(opTypes).toEqual(remains);
    expect(difference).toBe(0);
  });

  it('keeps one of two names of a public tensor', async () => {
    const nodes = [
      node('Relu', 'x', 'a'),
      node('Identity', 'a', 'y'),
      node('Identity', 'a', 'z'),
      node('Neg', 'a', 'n'),
    ];
    const { graph, opTypes, difference } = await checkParity(model(nodes, [], ['y', 'z', 'n']), [REMOVE_IDENTITY]);
    expect(opTypes).toEqual(['Relu', 'Identity', 'Neg']);
    expect(graph.outputs).toEqual(['y', 'z', 'n']);
    expect(difference).toBe(0);
  });

  it('keeps the name that a body captures', async () => {
    const branch = (opType: string, name: string) =>
      buildGraph({ nodes: [node(opType, 'b', name)], outputs: { [name]: {} } });
    const choice = { then_branch: branch('Neg', 'yes'), else_branch: branch('Abs', 'no') };
    const nodes = [
      node('Relu', 'x', 'a'),
      node('Identity', 'a', 'b'),
      { opType: 'If', input: ['flag'], output: ['y'], attributes: choice },
    ];
    const flag = writeTensor('flag', { type: 'bool', dims: [], data: Uint8Array.of(1) });
    const { opTypes, difference } = await checkParity(model(nodes, [flag]), [REMOVE_IDENTITY], { x: wave([2, 3]) });
    expect(opTypes).toEqual(['Relu', 'If']);
    expect(difference).toBe(0);
  });
});

describe('remove-dropout', () => {
  const scalar = (name: string, value: number, type: 'float32' | 'bool'): TensorProto =>
    writeTensor(name, { type, dims: [], data: type === 'bool' ? Uint8Array.of(value) : Float32Array.of(value) });
  const dropout = (mode: number): readonly [TestNode[], TensorProto[]] => [
    [{ opType: 'Dropout', input: ['x', 'ratio', 'mode'], output: ['a', 'mask'] }, node('Neg', 'a', 'y')],
    [scalar('ratio', 0, 'float32'), scalar('mode', mode, 'bool')],
  ];

  it('takes it out', async () => {
    const { opTypes, difference } = await checkParity(model(...dropout(0)), [REMOVE_DROPOUT]);
    expect(opTypes).toEqual(['Neg']);
    expect(difference).toBe(0);
  });

  it('keeps it where it trains or its mask is read', async () => {
    expect((await checkParity(model(...dropout(1)), [REMOVE_DROPOUT])).opTypes).toEqual(['Dropout', 'Neg']);
    const [nodes, initializers] = dropout(0);
    const read = model([...nodes, node('Not', 'mask', 'z')], initializers, ['y', 'z']);
    read.graph!.output.forEach((info) => delete info.type);
    expect((await checkParity(read, [REMOVE_DROPOUT])).opTypes).toEqual(['Dropout', 'Neg', 'Not']);
  });
});
