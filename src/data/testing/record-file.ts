import { concatenate } from '../../base/bytes.ts';
import { bytesOf } from '../../base/tensor.ts';
import { bytesHeader } from '../../base/wire.ts';
import { maskedCrc } from '../record-frames.ts';

type Value = readonly string[] | readonly Uint8Array[] | Float32Array | readonly bigint[];

const message = (field: number, ...parts: readonly Uint8Array[]): Uint8Array => {
  const body = concatenate(parts);
  return concatenate([bytesHeader(field, body.length), body]);
};

function varint64(value: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, value); ; rest >>= 7n) {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    if (rest <= 0x7fn) return Uint8Array.from(bytes);
  }
}

function list(value: Value): Uint8Array {
  if (value instanceof Float32Array) return message(2, message(1, bytesOf(value)));
  if (typeof value[0] === 'bigint') return message(3, message(1, ...(value as readonly bigint[]).map(varint64)));
  const texts = (value as readonly (string | Uint8Array)[]).map((item) =>
    typeof item === 'string' ? new TextEncoder().encode(item) : item,
  );
  return message(1, ...texts.map((bytes) => message(1, bytes)));
}

/** A serialized `tf.Example`. */
export function example(features: Readonly<Record<string, Value>>): Uint8Array {
  const entries = Object.entries(features).map(([name, value]) =>
    message(1, message(1, new TextEncoder().encode(name)), message(2, list(value))),
  );
  return message(1, ...entries);
}

/** A TFRecord file of these records. */
export function recordFile(records: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return concatenate(
    records.flatMap((record) => {
      const head = new Uint8Array(12);
      new DataView(head.buffer).setBigUint64(0, BigInt(record.length), true);
      new DataView(head.buffer).setUint32(8, maskedCrc(head.subarray(0, 8)), true);
      const foot = new Uint8Array(4);
      new DataView(foot.buffer).setUint32(0, maskedCrc(record), true);
      return [head, record, foot];
    }),
  );
}
