import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { toFloat16Bits } from '../base/float16.ts';
import { TensorProtoSchema, TensorProto_DataType as DataType } from './proto/onnx_pb.ts';
import { floats, int64s, readTensor, writeTensor } from './tensor-proto.ts';

describe('readTensor', () => {
  it('reads typed fields of every encoding', () => {
    const read = (init: Parameters<typeof create<typeof TensorProtoSchema>>[1]) =>
      readTensor(create(TensorProtoSchema, { name: 't', dims: [2n], ...init }));
    const half = toFloat16Bits(0.5);
    expect(read({ dataType: DataType.FLOAT16, int32Data: [half, half] }).data).toEqual(Uint16Array.of(half, half));
    expect(read({ dataType: DataType.INT8, int32Data: [-1, 5] }).data).toEqual(Int8Array.of(-1, 5));
    expect(read({ dataType: DataType.BOOL, int32Data: [1, 0] }).data).toEqual(Uint8Array.of(1, 0));
    expect(read({ dataType: DataType.UINT32, uint64Data: [1n, 9n] }).data).toEqual(Uint32Array.of(1, 9));
    expect(read({ dataType: DataType.DOUBLE, doubleData: [0.1, 2] }).data).toEqual(Float64Array.of(0.1, 2));
  });

  it('reads raw data at odd offsets, scalars and empty tensors', () => {
    const bytes = new Uint8Array(13);
    bytes.set(new Uint8Array(Float32Array.of(1, 2, 3).buffer), 1);
    const raw = create(TensorProtoSchema, { dataType: DataType.FLOAT, dims: [3n], rawData: bytes.subarray(1) });
    expect([...readTensor(raw).data]).toEqual([1, 2, 3]);
    expect(readTensor(int64s('s', [4], []))).toEqual({ type: 'int64', dims: [], data: BigInt64Array.of(4n) });
    expect(readTensor(floats('e', [], [0]))).toEqual({ type: 'float32', dims: [0], data: new Float32Array() });
  });

  it('gives back what writeTensor was given', () => {
    const tensor = { type: 'uint8', dims: [2, 2], data: Uint8Array.of(1, 2, 3, 4) } as const;
    expect(readTensor(writeTensor('t', tensor))).toEqual(tensor);
  });

  it('refuses dims that do not match and types without an array form', () => {
    const invalid = expect.objectContaining({ code: 'model-invalid' });
    expect(() => readTensor(floats('w', [1, 2, 3], [2]))).toThrow(invalid);
    expect(() => readTensor(create(TensorProtoSchema, { name: 'w', dataType: DataType.STRING }))).toThrow(invalid);
    expect(() => readTensor(create(TensorProtoSchema, { name: 'w' }))).toThrow(invalid);
  });
});
