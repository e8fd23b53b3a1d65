import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { makeAttribute, makeNode } from './attributes.ts';
import { decodeModel } from './decode.ts';
import { concatenate, sizeOf } from '../base/bytes.ts';
import { encodeModel, encodeParts } from './encode.ts';
import {
  AttributeProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
  TensorProtoSchema,
  type AttributeProto,
} from './proto/onnx_pb.ts';
import { floats, int64s, readTensor, writeTensor } from './tensor-proto.ts';
import { buildGraph, buildModel } from './testing/build-model.ts';
import { CASE_NAMES, caseModelBytes } from './testing/cases.ts';
import { bytesHeader, varint } from '../base/wire.ts';

const small = () =>
  buildModel({
    nodes: [{ opType: 'Add', input: ['x', 'w'], output: ['y'] }],
    inputs: { x: { dims: ['N', 3] } },
    outputs: { y: { dims: ['N', 3] } },
    initializers: [floats('w', [1, 2, 3]), int64s('unused', [7])],
  });

const text = (value: string) => new TextEncoder().encode(value);
const delimited = (field: number, payload: Uint8Array) => concatenate([bytesHeader(field, payload.length), payload]);

describe.skipIf(CASE_NAMES.length === 0)('cases', () => {
  it.each(CASE_NAMES)('%s parsed and written back is byte-equal', (name) => {
    const bytes = caseModelBytes(name);
    expect(Buffer.compare(encodeModel(decodeModel(bytes.slice())), bytes)).toBe(0);
  });
});

describe('encodeParts', () => {
  it('writes what the generated encoder writes', () => {
    const model = small();
    model.graph!.initializer.push(
      floats(
        'big',
        Array.from({ length: 5000 }, (_, i) => i),
      ),
    );
    expect(encodeModel(model)).toEqual(toBinary(ModelProtoSchema, model));
  });

  it('copies no weights: a 100 MB initializer is a view of the model', () => {
    const data = new Float32Array(25_000_000);
    const model = small();
    model.graph!.initializer.push(writeTensor('huge', { type: 'float32', dims: [5000, 5000], data }));
    const parts = encodeParts(model);
    expect(parts.some((part) => part.buffer === data.buffer && part.byteLength === data.byteLength)).toBe(true);
    const copied = parts.filter((part) => part.buffer !== data.buffer);
    expect(sizeOf(copied)).toBeLessThan(1000);
  });

  it('keeps fields it does not know, in model, graph, node and tensor', () => {
    const model = small();
    const unknown = { no: 500, wireType: 2, data: concatenate([varint(3), text('abc')]) };
    const node = makeNode({ opType: 'Relu', name: 'r', input: ['y'], output: ['z'] });
    const tensor = floats('big', new Array<number>(2000).fill(1));
    for (const message of [model, model.graph!, node, tensor]) message.$unknown = [unknown];
    model.graph!.node.push(node);
    model.graph!.initializer.push(tensor);
    const bytes = encodeModel(model);
    const again = decodeModel(bytes.slice());
    expect(again.graph!.node[1]!.$unknown).toEqual([unknown]);
    expect(again.graph!.initializer[2]!.$unknown).toEqual([unknown]);
    expect(Buffer.compare(encodeModel(again), bytes)).toBe(0);
  });

  it('writes fields that few messages have, and those that are set to their defaults', () => {
    const model = small();
    const entry = create(StringStringEntryProtoSchema, { key: 'k', value: 'v' });
    const attributes: AttributeProto[] = [
      ...[0, -1, 3_000_000_000].map((value) => makeAttribute('i', value)),
      ...['', 'text', [], [-2, 7], { float: 0 }, { floats: [1, -0.5] }, floats('t', [1])].map((value) =>
        makeAttribute('a', value),
      ),
      create(AttributeProtoSchema, { name: 'r', refAttrName: 'other', docString: '' }),
      create(AttributeProtoSchema, { name: '', strings: [text('s')], tensors: [floats('t', [2])] }),
      create(AttributeProtoSchema),
    ];
    model.graph!.node.push(
      create(NodeProtoSchema, { opType: 'A', attribute: attributes, domain: '' }),
      create(NodeProtoSchema, { opType: 'B', name: 'ä'.repeat(100), docString: 'doc' }),
      create(NodeProtoSchema, { overload: 'o', input: ['', 'x'.repeat(20_000)] }),
      create(NodeProtoSchema, { metadataProps: [entry] }),
    );
    model.graph!.initializer.push(
      create(TensorProtoSchema, { name: 'typed', dataType: 7, dims: [1n], int64Data: [-5n] }),
      create(TensorProtoSchema, { name: 'noted', docString: 'doc', rawData: new Uint8Array(5000) }),
      create(TensorProtoSchema, { dims: [2n ** 40n, 0n], dataType: 0, rawData: new Uint8Array() }),
      create(TensorProtoSchema, { metadataProps: [entry], externalData: [entry], dataLocation: 1 }),
      create(TensorProtoSchema),
    );
    expect(encodeModel(model)).toEqual(toBinary(ModelProtoSchema, model));
  });

  it('writes bodies, and a model without a graph', () => {
    const model = small();
    const body = buildGraph({
      nodes: [{ opType: 'Identity', input: ['x'], output: ['b'] }],
      outputs: { b: {} },
      initializers: [floats('c', [1])],
    });
    model.graph!.node.push(
      makeNode({ opType: 'If', name: 'if', input: ['cond'], output: ['z'], attributes: { then_branch: body } }),
    );
    expect(encodeModel(model)).toEqual(toBinary(ModelProtoSchema, model));
    delete model.graph;
    expect(encodeModel(model)).toEqual(toBinary(ModelProtoSchema, model));
  });
});

describe('decodeModel', () => {
  /** An initializer in `float_data`, which `writeTensor` never writes. */
  const withFloatData = (chunks: readonly (readonly number[])[]) => {
    const payload = (values: readonly number[]) => new Uint8Array(Float32Array.from(values).buffer);
    const tensor = concatenate([
      Uint8Array.of(0x08, 2, 0x10, 1),
      ...chunks.map((values) => delimited(4, payload(values))),
      delimited(8, text('w')),
    ]);
    return concatenate([Uint8Array.of(0x08, 7), delimited(7, delimited(5, tensor))]);
  };

  it('takes packed float_data as raw_data with the same values', () => {
    const tensor = decodeModel(withFloatData([[1.5, -2]])).graph!.initializer[0]!;
    expect(tensor.floatData).toHaveLength(0);
    expect([...readTensor(tensor).data]).toEqual([1.5, -2]);
  });

  it('leaves float_data in several chunks to the general decoder', () => {
    const tensor = decodeModel(withFloatData([[1.5], [-2]])).graph!.initializer[0]!;
    expect([...readTensor(tensor).data]).toEqual([1.5, -2]);
  });

  it('refuses what is no message with model-invalid', () => {
    expect(() => decodeModel(text('<html>'))).toThrow(expect.objectContaining({ code: 'model-invalid' }));
  });

  it('keeps raw weights as views of the file', () => {
    const bytes = encodeModel(small());
    expect(decodeModel(bytes).graph!.initializer[0]!.rawData.buffer).toBe(bytes.buffer);
  });
});
