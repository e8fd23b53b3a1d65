import { create } from '@bufbuild/protobuf';
import { Fault } from '../base/fault.ts';
import { bytesOf, elementCount, viewAs, type Tensor, type TensorData, type TensorType } from '../base/tensor.ts';
import { dataTypeCode, tensorType } from './data-types.ts';
import { TensorProtoSchema, TensorProto_DataLocation, type TensorProto } from './proto/onnx_pb.ts';

export function dimsOf(proto: TensorProto): number[] {
  return proto.dims.map(Number);
}

export function isExternal(proto: TensorProto): boolean {
  return proto.dataLocation === TensorProto_DataLocation.EXTERNAL;
}

/**
 * The values of an initializer or Constant; a view of the model's memory where encoding and alignment allow.
 * Throws `model-invalid` naming the tensor if its type has no array form or its length does not match its dims.
 */
export function readTensor(proto: TensorProto): Tensor {
  const type = tensorType(proto.dataType);
  const dims = dimsOf(proto);
  if (type === undefined || isExternal(proto)) throw unreadable(proto, `element type ${proto.dataType ?? 0}`);
  const data = proto.rawData?.length ? viewAs(type, proto.rawData) : typedData(type, proto);
  if (data.length !== elementCount(dims))
    throw unreadable(proto, `${data.length} values for dims [${dims.join(', ')}]`);
  return { type, dims, data };
}

function typedData(type: TensorType, proto: TensorProto): TensorData {
  switch (type) {
    case 'float32':
      return Float32Array.from(proto.floatData);
    case 'float64':
      return Float64Array.from(proto.doubleData);
    case 'int64':
      return BigInt64Array.from(proto.int64Data);
    case 'uint64':
      return BigUint64Array.from(proto.uint64Data);
    case 'uint32':
      return Uint32Array.from(proto.uint64Data, Number);
    case 'int32':
      return Int32Array.from(proto.int32Data);
    case 'int16':
      return Int16Array.from(proto.int32Data);
    case 'uint16':
    case 'float16':
      return Uint16Array.from(proto.int32Data);
    case 'int8':
      return Int8Array.from(proto.int32Data);
    case 'uint8':
    case 'bool':
      return Uint8Array.from(proto.int32Data);
  }
}

function unreadable(proto: TensorProto, found: string): Fault {
  return new Fault('model-invalid', {
    message: `Tensor ${proto.name ?? ''} cannot be read`,
    place: `tensor ${proto.name ?? '(unnamed)'}`,
    found,
    next: 'Export the model again.',
  });
}

/** Holds the defaults of fields that are not set. */
const PROTOTYPE = Object.getPrototypeOf(create(TensorProtoSchema)) as object;

/** An initializer holding `tensor` as raw_data, without a copy. What `create` makes, which takes three times as long to look at each field. */
export function writeTensor(name: string, { type, dims, data }: Tensor): TensorProto {
  return Object.assign(Object.create(PROTOTYPE) as TensorProto, {
    $typeName: 'onnx.TensorProto',
    dims: dims.map(BigInt),
    dataType: dataTypeCode(type),
    floatData: [],
    int32Data: [],
    stringData: [],
    int64Data: [],
    name,
    rawData: bytesOf(data),
    doubleData: [],
    uint64Data: [],
    externalData: [],
    metadataProps: [],
  } satisfies Partial<TensorProto>);
}

/** float32 initializer from numbers; `dims` defaults to a vector. */
export function floats(
  name: string,
  values: ArrayLike<number>,
  dims: readonly number[] = [values.length],
): TensorProto {
  return writeTensor(name, { type: 'float32', dims, data: Float32Array.from(values) });
}

/** int64 initializer from integers; `dims` defaults to a vector. */
export function int64s(name: string, values: readonly (number | bigint)[], dims = [values.length]): TensorProto {
  return writeTensor(name, { type: 'int64', dims, data: BigInt64Array.from(values, BigInt) });
}
