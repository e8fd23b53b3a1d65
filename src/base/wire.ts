/** Protobuf wire format (protobuf.dev/programming-guides/encoding), just enough to walk and emit length-delimited fields. */

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
export const FIXED32 = 5;

export interface Field {
  readonly number: number;
  readonly wireType: number;
  /** Offset of the tag. */
  readonly start: number;
  /** Offset of the payload: for BYTES after the length, else the value itself. */
  readonly payload: number;
  readonly end: number;
}

/** Reads a varint below 2^53; returns value and the offset after it. Throws RangeError past the end. */
export function readVarint(bytes: Uint8Array, offset: number): { value: number; end: number } {
  let value = 0;
  let scale = 1;
  for (let i = offset; i < offset + 10; i++) {
    const byte = bytes[i];
    if (byte === undefined) throw new RangeError(`varint cut off at byte ${offset}`);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end: i + 1 };
    scale *= 128;
  }
  throw new RangeError(`varint longer than 10 bytes at byte ${offset}`);
}

/** Reads a varint as a signed 64-bit integer; returns value and the offset after it. Throws RangeError past the end. */
export function readInt64(bytes: Uint8Array, offset: number): { value: bigint; end: number } {
  let value = 0n;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[offset + i];
    if (byte === undefined) throw new RangeError(`varint cut off at byte ${offset}`);
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value: BigInt.asIntN(64, value), end: offset + i + 1 };
  }
  throw new RangeError(`varint longer than 10 bytes at byte ${offset}`);
}

/** The values of a packed repeated varint field. Throws RangeError on a cut-off one. */
export function packedInt64s(bytes: Uint8Array, start: number, end: number): bigint[] {
  const values: bigint[] = [];
  for (let at = start; at < end;) {
    const { value, end: next } = readInt64(bytes, at);
    values.push(value);
    at = next;
  }
  return values;
}

/** The fields of one message in `bytes[start, end)`, in order. Throws RangeError on a malformed or cut-off message. */
export function* fields(bytes: Uint8Array, start = 0, end = bytes.length): Generator<Field> {
  let at = start;
  while (at < end) {
    const tag = readVarint(bytes, at);
    const number = Math.floor(tag.value / 8);
    const wireType = tag.value % 8;
    if (number === 0) throw new RangeError(`field number 0 at byte ${at}`);
    let payload = tag.end;
    let next: number;
    if (wireType === VARINT) next = readVarint(bytes, payload).end;
    else if (wireType === FIXED64) next = payload + 8;
    else if (wireType === FIXED32) next = payload + 4;
    else if (wireType === BYTES) {
      const length = readVarint(bytes, payload);
      payload = length.end;
      next = payload + length.value;
    } else throw new RangeError(`wire type ${wireType} at byte ${at}`);
    if (next > end) throw new RangeError(`field ${number} at byte ${at} reaches ${next - end} bytes past the end`);
    yield { number, wireType, start: at, payload, end: next };
    at = next;
  }
}

export function varint(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
  return Uint8Array.from(out);
}

/** Tag and length of a length-delimited field. */
export function bytesHeader(fieldNumber: number, length: number): Uint8Array {
  const tag = varint(fieldNumber * 8 + BYTES);
  const size = varint(length);
  const out = new Uint8Array(tag.length + size.length);
  out.set(tag);
  out.set(size, tag.length);
  return out;
}
