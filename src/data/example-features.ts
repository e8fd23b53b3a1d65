import { BYTES, FIXED32, fields, packedInt64s, readInt64, VARINT, type Field } from '../base/wire.ts';

/** A feature of a `tf.Example`: one of three kinds of lists. */
export type Feature =
  | { readonly kind: 'bytes'; readonly values: readonly Uint8Array[] }
  | { readonly kind: 'float'; readonly values: readonly number[] }
  | { readonly kind: 'int64'; readonly values: readonly bigint[] };

/** Field numbers of tensorflow/core/example/{example,feature}.proto. */
const EXAMPLE_FEATURES = 1;
const FEATURES_MAP = 1;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;
const BYTES_LIST = 1;
const FLOAT_LIST = 2;
const INT64_LIST = 3;
const LIST_VALUE = 1;

/** The features of a serialized `tf.Example`, by name; those without a list are left out. Throws RangeError on other bytes. */
export function exampleFeatures(record: Uint8Array): Map<string, Feature> {
  const features = new Map<string, Feature>();
  for (const map of within(record, EXAMPLE_FEATURES)) {
    for (const entry of within(record, FEATURES_MAP, map)) {
      const [key] = within(record, ENTRY_KEY, entry);
      const [value] = within(record, ENTRY_VALUE, entry);
      const feature = value && featureOf(record, value);
      if (key && feature) features.set(new TextDecoder().decode(record.subarray(key.payload, key.end)), feature);
    }
  }
  return features;
}

/** Length-delimited fields of one number in a message. */
function within(bytes: Uint8Array, number: number, message?: Field): Field[] {
  const all = message ? fields(bytes, message.payload, message.end) : fields(bytes);
  return [...all].filter((field) => field.number === number && field.wireType === BYTES);
}

function featureOf(bytes: Uint8Array, feature: Field): Feature | undefined {
  for (const list of fields(bytes, feature.payload, feature.end)) {
    if (list.wireType !== BYTES) continue;
    const values = [...fields(bytes, list.payload, list.end)].filter(({ number }) => number === LIST_VALUE);
    if (list.number === BYTES_LIST)
      return { kind: 'bytes', values: values.map(({ payload, end }) => bytes.subarray(payload, end)) };
    if (list.number === FLOAT_LIST) return { kind: 'float', values: values.flatMap((field) => floatsOf(bytes, field)) };
    if (list.number === INT64_LIST)
      return { kind: 'int64', values: values.flatMap((field) => integersOf(bytes, field)) };
  }
  return undefined;
}

/** Packed, as they are written today, or one by one. */
function floatsOf(bytes: Uint8Array, { wireType, payload, end }: Field): number[] {
  if (wireType !== BYTES && wireType !== FIXED32) throw new RangeError(`a float of wire type ${wireType}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + payload, end - payload);
  return Array.from({ length: Math.floor(view.byteLength / 4) }, (_, i) => view.getFloat32(4 * i, true));
}

function integersOf(bytes: Uint8Array, { wireType, payload, end }: Field): bigint[] {
  if (wireType === VARINT) return [readInt64(bytes, payload).value];
  if (wireType === BYTES) return packedInt64s(bytes, payload, end);
  throw new RangeError(`an integer of wire type ${wireType}`);
}
