import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { makeAttribute, makeNode } from './attributes.ts';
import { NodeProtoSchema, TensorProtoSchema, TensorProto_DataType as DataType } from './proto/onnx_pb.ts';
import { writeTensor } from './tensor-proto.ts';

it('makes the nodes that the library makes', () => {
  const plain = { opType: 'Conv', name: 'n', input: ['x', 'w'], output: ['y'] };
  expect(makeNode(plain)).toStrictEqual(create(NodeProtoSchema, plain));
  const other = { ...plain, domain: 'com.microsoft' };
  expect(makeNode({ ...other, attributes: { group: 2 } })).toStrictEqual(
    create(NodeProtoSchema, { ...other, attribute: [makeAttribute('group', 2)] }),
  );
  expect(makeNode(plain).domain).toBe(create(NodeProtoSchema).domain);
});

it('makes the tensors that the library makes', () => {
  const data = Float32Array.of(1, 2);
  expect(writeTensor('t', { type: 'float32', dims: [2], data })).toStrictEqual(
    create(TensorProtoSchema, {
      name: 't',
      dataType: DataType.FLOAT,
      dims: [2n],
      rawData: new Uint8Array(data.buffer),
    }),
  );
});
