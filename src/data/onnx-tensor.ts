import { concatenate } from '../base/bytes.ts';
import { bytesPerElement, elementCount, viewAs, type Tensor, type TensorType } from '../base/tensor.ts';
import {
  BYTES,
  FIXED32,
  FIXED64,
  VARINT,
  fields,
  packedInt64s,
  readInt64,
  readVarint,
  type Field,
} from '../base/wire.ts';

/** Field numbers of TensorProto and its element types (onnx.proto); `onnx/` has the whole schema, which data do not need. */
const DIMS = 1;
const DATA_TYPE = 2;
const NAME = 8;
const RAW_DATA = 9;
const TYPED_DATA = { float: 4, int32: 5, int64: 7, double: 10, uint64: 11 };
const TYPES: Readonly<Record<number, TensorType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
};

/** Whether bytes begin as a TensorProto does: dims, then the element type. A model begins with its IR version and a text. */
export function isTensorHead(head: Uint8Array): boolean {
  let at = 0;
  while (head[at] === DIMS * 8 + VARINT) {
    do at++;
    while ((head[at] ?? 0) >= 0x80);
    at++;
  }
  if (at === 0 && head[0] === DIMS * 8 + BYTES && (head[1] ?? 99) < 10) at = 2 + (head[1] ?? 0);
  return at > 0 && head[at] === DATA_TYPE * 8 + VARINT && TYPES[head[at + 1] ?? 0] !== undefined;
}

export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
}

/** A serialized TensorProto. Throws RangeError saying what is wrong with other bytes, and for types without an array form. */
export function readOnnxTensor(bytes: Uint8Array): NamedTensor {
  const dims: number[] = [];
  let code = 0;
  let name = '';
  let raw: Uint8Array | undefined;
  const typed: Field[] = [];
  for (const field of fields(bytes)) {
    const { number, wireType, payload, end } = field;
    if (number === DIMS && wireType === VARINT) dims.push(readVarint(bytes, payload).value);
    else if (number === DIMS && wireType === BYTES) dims.push(...packedInt64s(bytes, payload, end).map(Number));
    else if (number === DATA_TYPE && wireType === VARINT) code = readVarint(bytes, payload).value;
    else if (number === NAME && wireType === BYTES) name = new TextDecoder().decode(bytes.subarray(payload, end));
    else if (number === RAW_DATA && wireType === BYTES) raw = bytes.subarray(payload, end);
    else if (Object.values(TYPED_DATA).includes(number)) typed.push(field);
  }
  const type = TYPES[code];
  if (!type) throw new RangeError(`element type ${code}`);
  const count = elementCount(dims);
  const data = raw ? viewAs(type, raw) : viewAs(type, typedBytes(type, bytes, typed));
  if (data.length !== count || (raw && raw.length !== count * bytesPerElement(type)))
    throw new RangeError(`${data.length} values for dims [${dims.join(', ')}]`);
  return { name, tensor: { type, dims, data } };
}

/** Values of the typed fields as the bytes that raw data would have. */
function typedBytes(type: TensorType, bytes: Uint8Array, typed: readonly Field[]): Uint8Array {
  const floats = typed.filter(({ number }) => number === TYPED_DATA.float || number === TYPED_DATA.double);
  if (floats.length > 0) return concatenate(floats.map((field) => fixedBytes(bytes, field)));
  const integers = typed.flatMap((field) =>
    field.wireType === VARINT ? [readInt64(bytes, field.payload).value] : packedInt64s(bytes, field.payload, field.end),
  );
  const size = bytesPerElement(type);
  const wide = BigInt64Array.from(integers);
  const all = new Uint8Array(wide.buffer);
  return concatenate(integers.map((_, i) => all.subarray(8 * i, 8 * i + size)));
}

function fixedBytes(bytes: Uint8Array, { wireType, payload, end }: Field): Uint8Array {
  if (![BYTES, FIXED32, FIXED64].includes(wireType)) throw new RangeError(`a number of wire type ${wireType}`);
  return bytes.subarray(payload, end);
}
